import type { Config } from '#lib/config';

/** Where inference goes. Its address speaks Hugging Face's HTTP API. */
export interface Backend extends AsyncDisposable {
  readonly name: 'mock' | 'huggingface';
  readonly url: string;
  /** The token to send; undefined when there is none, and every call is refused. */
  readonly token: string | undefined;
}

/** Hugging Face with the configured token, or the mock, which is loaded only then. */
export async function openBackend(config: Config): Promise<Backend> {
  if (!config.mockInference)
    return {
      name: 'huggingface',
      url: config.HEADY_HF_URL,
      token: config.HF_TOKEN,
      [Symbol.asyncDispose]: async () => {},
    };
  const { startMock } = await import('#mocks');
  const mock = await startMock({ port: 0 });
  return {
    name: 'mock',
    url: mock.url.replace(/\/$/, ''),
    token: 'mock',
    [Symbol.asyncDispose]: () => mock.close(),
  };
}
