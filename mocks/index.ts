import type { HttpHandler } from 'msw';

import { catalogueHandlers } from './catalogue.ts';
import { chatHandlers } from './chat.ts';
import { completionHandlers } from './completions.ts';
import { hubHandlers } from './hub.ts';
import { type MockServer, type MockServerOptions, serve } from './server.ts';
import { taskHandlers } from './tasks.ts';

export type { MockServer, MockServerOptions } from './server.ts';

/**
 * Hugging Face's inference services under their real addresses, for msw. The answers are made from the
 * request alone: equal requests get equal answers, and what they say comes out of the text that was sent.
 *
 * Failures are provoked by the model's name, see `failures.ts`.
 *
 * @example setupServer(...handlers).listen({ onUnhandledFrame: refuse })
 */
export const handlers: readonly HttpHandler[] = [
  ...chatHandlers,
  ...completionHandlers,
  ...catalogueHandlers,
  ...taskHandlers,
  ...hubHandlers,
];

/**
 * The same handlers on a port of their own, for clients in other processes. A path beginning with `/api/` is
 * answered as the Hub answers it, any other as the router does.
 *
 * @throws when the port is taken
 */
export function startMock(options: MockServerOptions): Promise<MockServer> {
  return serve(handlers, options);
}
