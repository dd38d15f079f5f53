import type { Config } from '#lib/config';
import type { Log, Redactor } from '#lib/log';

import type { Backend } from './backends/backend.ts';
import { HuggingFace } from './backends/huggingface.ts';
import { RemoteGpu } from './backends/remote-gpu.ts';
import type { BackendName } from './operation.ts';
import { Circuit } from './policy/circuit.ts';
import { Transport } from './transport/transport.ts';

/** A backend and the way to it. */
export interface Line {
  readonly backend: Backend;
  readonly transport: Transport;
  readonly circuit: Circuit;
}

/** The backends that are configured, in the order in which they are asked, and what is to be closed after them. */
export interface OpenedLines extends AsyncDisposable {
  readonly lines: readonly Line[];
  /** Of the mock, where it is in use. */
  readonly mockUrl: string | undefined;
}

interface LineOptions {
  readonly config: Config;
  readonly log: Log;
  readonly redactor: Redactor;
}

/** Calls that fail one after the other until a circuit opens, and how long one of those stays open. */
const circuitThreshold = 5;
const coolDownMs = 10_000;

/** Remote GPU, then Hugging Face; or the mock alone, which is loaded only then. */
export async function openLines(options: LineOptions): Promise<OpenedLines> {
  const { config } = options;
  const stack = new AsyncDisposableStack();
  const { HF_TOKEN: token, HEADY_HF_URL: url, remoteGpuUrl } = config;
  const models = { textModel: config.HF_TEXT_MODEL, embedModel: config.HF_EMBED_MODEL };
  const line = (name: BackendName, make: (transport: Transport) => Backend): Line => {
    const { transport, circuit } = wayTo(name, options);
    stack.use(transport);
    return { backend: make(transport), transport, circuit };
  };
  if (config.mockInference) {
    const { startMock } = await import('#mocks');
    const mock = await startMock({ port: 0 });
    stack.defer(() => mock.close());
    const stand = { ...models, name: 'mock', url: mock.url, token: 'mock' } as const;
    const lines = [line('mock', (transport) => new HuggingFace({ ...stand, transport }))];
    return { lines, mockUrl: mock.url, [Symbol.asyncDispose]: () => stack.disposeAsync() };
  }
  const gpu = remoteGpuUrl && { ...models, url: remoteGpuUrl, apiKey: config.REMOTE_GPU_API_KEY };
  const hub = token && ({ ...models, name: 'huggingface', url, token } as const);
  const lines = [
    ...(gpu ? [line('remote-gpu', (transport) => new RemoteGpu({ ...gpu, transport }))] : []),
    ...(hub ? [line('huggingface', (transport) => new HuggingFace({ ...hub, transport }))] : []),
  ];
  return { lines, mockUrl: undefined, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

function wayTo(name: BackendName, { config, log, redactor }: LineOptions): Omit<Line, 'backend'> {
  const firstByteMs = config.HEADY_INFERENCE_FIRST_BYTE_TIMEOUT;
  const transport = new Transport({
    backend: name,
    timeouts: { connectMs: config.HEADY_INFERENCE_CONNECT_TIMEOUT, firstByteMs },
    mask: (said) => redactor.mask(said),
  });
  const circuit = new Circuit({
    threshold: circuitThreshold,
    slowMs: firstByteMs / 2,
    coolDownMs,
    onChange: (state) => log.warn({ message: `the circuit of the inference backend ${name} is ${state}` }),
  });
  return { transport, circuit };
}
