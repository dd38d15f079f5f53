import type { HttpHandler } from 'msw';

import { catalogueHandlers } from './catalogue.ts';
import { chatHandlers } from './chat.ts';
import { completionHandlers } from './completions.ts';
import { embeddingHandlers } from './embeddings.ts';
import { healthHandlers } from './health.ts';
import { gpuHost, routerHost } from './host.ts';
import { hubHandlers } from './hub.ts';
import { isChatModel, type MockModel } from './models.ts';
import { gpuUrl, realUrl } from './origins.ts';
import { type MockServer, serve } from './server.ts';
import { MockState } from './state.ts';
import { taskHandlers } from './tasks.ts';

export { mockPage } from './document.ts';
export { provocations } from './provocations.ts';
export type { MockServer } from './server.ts';

type Served = 'chat' | 'embeddings';

interface MockOptions {
  /** 0 takes a free one. */
  readonly port: number;
  /** @default '127.0.0.1' */
  readonly hostname?: string;
  /** @default 'huggingface' */
  readonly server?: 'huggingface' | 'openai';
  /** What the server with OpenAI's API has; both where it is not said. */
  readonly serves?: readonly Served[];
  /** The key that the server with OpenAI's API wants; none where it is not said. */
  readonly key?: string;
}

/**
 * Inference services on a port: Hugging Face's router and Hub, or a server with OpenAI's API, as vLLM is one. The answers
 * are made from the request alone: equal requests get equal answers, and what they say comes out of the text that was
 * sent. Failures are provoked by the model's name, see `provocations.ts`.
 *
 * @throws when the port is taken
 */
export async function startMock({ server = 'huggingface', ...options }: MockOptions): Promise<MockServer> {
  return server === 'huggingface'
    ? serve(huggingFaceHandlers(), { ...options, realUrl })
    : serve(openAiHandlers(options), { ...options, realUrl: gpuUrl });
}

function huggingFaceHandlers(): HttpHandler[] {
  const host = routerHost(new MockState());
  return [
    ...chatHandlers(host),
    ...completionHandlers(host),
    ...catalogueHandlers(host.origin, isChatModel),
    ...taskHandlers(host),
    ...hubHandlers,
  ];
}

/** One process mostly serves one of the two; what it does not serve is not there. */
function openAiHandlers({
  serves = ['chat', 'embeddings'],
  key,
}: Pick<MockOptions, 'serves' | 'key'>): HttpHandler[] {
  const host = gpuHost(new MockState(), key);
  const isListed = (model: MockModel) =>
    (serves.includes('chat') && isChatModel(model)) ||
    (serves.includes('embeddings') && model.tasks.includes('feature-extraction'));
  return [
    ...(serves.includes('chat') ? [...chatHandlers(host), ...completionHandlers(host)] : []),
    ...(serves.includes('embeddings') ? embeddingHandlers(host) : []),
    ...catalogueHandlers(host.origin, isListed),
    ...healthHandlers(host.origin),
  ];
}
