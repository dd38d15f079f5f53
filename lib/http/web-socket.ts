import { AsyncLocalStorage } from 'node:async_hooks';

import type { Hooks, Peer } from 'crossws';
import type { EventHandler, H3Event } from 'h3';

import { Problem } from '#lib/problems';

import type { Upgrade } from './context.ts';
import { checkHandshake } from './handshake.ts';
import { isAllowedOrigin } from './origin.ts';

/**
 * What a route answers, whether a WebSocket is asked for or not. A route that is none for WebSockets is not run for one:
 * it would do its work, and the client could not read the answer.
 *
 * @throws {Problem} `bad-request`, `forbidden`, `shutting-down`, `upgrade-required`
 */
export function answerOrUpgrade(route: EventHandler, event: H3Event): ReturnType<EventHandler> {
  const { upgrade } = event.context;
  if (upgrade) return accept(route, event, upgrade);
  return takesWebSockets(route) ? answerPlain(route, event) : route(event);
}

/** By the name of the function that h3's `defineWebSocketHandler` makes, the only thing that tells before it runs. */
function takesWebSockets({ name }: EventHandler): boolean {
  return name === '_webSocketHandler';
}

/** Leaves on the upgrade what the route does with the WebSocket; whatever else the route answers refuses it. */
async function accept(route: EventHandler, event: H3Event, upgrade: Upgrade): Promise<unknown> {
  if (!takesWebSockets(route)) throw new Problem('bad-request', `${event.url.pathname} takes no WebSockets.`);
  checkHandshake(event);
  const origin = event.req.headers.get('origin');
  if (origin !== null && !isAllowedOrigin(origin, event))
    throw new Problem('forbidden', `Pages of ${origin} may not open a WebSocket here.`);
  if (event.context.service.draining.aborted)
    throw new Problem('shutting-down', 'This instance is shutting down.', { retryAfterSeconds: 1 });
  const answer = await route(event);
  const hooks = hooksOf(answer);
  if (!hooks) return answer;
  const agreed = await agreement(hooks, event);
  if (agreed instanceof Response) return agreed;
  const headers = new Headers(agreed?.headers);
  headers.set('x-request-id', event.context.requestId);
  upgrade.hooks = { ...bound(hooks, event), upgrade: () => ({ ...agreed, headers }) };
  return answer;
}

/** What the route's own hook says to it: a response, returned or thrown, refuses it. */
async function agreement({ upgrade }: Partial<Hooks>, { req }: H3Event): Promise<Agreed> {
  try {
    return await upgrade?.(req as Parameters<Hooks['upgrade']>[0]);
  } catch (error) {
    if (error instanceof Response) return error;
    throw error;
  }
}

type Agreed = Awaited<ReturnType<Hooks['upgrade']>>;

async function answerPlain(route: EventHandler, event: H3Event): Promise<unknown> {
  const answer = await route(event);
  if (!hooksOf(answer)) return answer; // it has a handler of its own for this
  throw new Problem('upgrade-required', `${event.url.pathname} takes WebSockets alone.`, {
    headers: { connection: 'upgrade', upgrade: 'websocket' },
  });
}

function hooksOf(answer: unknown): Partial<Hooks> | undefined {
  return answer instanceof Response && 'crossws' in answer ? (answer.crossws as Partial<Hooks>) : undefined;
}

type Hook = (peer: Peer, given: never) => unknown;

/** The hooks, each run as part of the request: its calls of workers are the request's, and it is told what fails. */
function bound(hooks: Partial<Hooks>, { context }: H3Event): Partial<Hooks> {
  const run = AsyncLocalStorage.snapshot();
  const safe = (name: string, hook: Hook) => async (peer: Peer, given: never) => {
    try {
      await run(hook, peer, given);
    } catch (error) {
      const { service, requestId } = context;
      service.log.error({ message: `the WebSocket's ${name} failed`, error, requestId });
      peer.close(1011, 'internal error');
    }
  };
  return Object.fromEntries(Object.entries(hooks).map(([name, hook]) => [name, safe(name, hook as Hook)]));
}
