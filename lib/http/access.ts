import type { H3Event } from 'h3';

import { givenKey, hasScope, type Principal, type TokenAccess } from '#lib/access';
import type { Scope } from '#lib/config';
import { Problem } from '#lib/problems';

/** Who may call a route: anyone, or the holders of a key with the route's scope. */
export type Access = 'public' | 'private';

/** Whom a route's own function has let in. */
export interface Visitor {
  /** No other visitor of the service has it: its requests are counted by it. */
  readonly name: string;
  readonly claims?: Readonly<Record<string, unknown>>;
}

/**
 * What a route says of who may call it. Beside those whom it names, the holders of a key always may. A function is asked
 * at each request without one.
 */
export type RouteAccess =
  | Access
  | { readonly jwt: TokenAccess }
  | ((event: H3Event) => Access | Visitor | Promise<Access | Visitor>);

/** Whether a request is to be judged by a session: whoever gives a key or a token is by that. */
export function bringsSession(event: H3Event): boolean {
  const { principal, service } = event.context;
  return principal === undefined && service.sessions.isGiven(event) && tokenOf(event) === undefined;
}

/**
 * Finds out whose session a request brings.
 *
 * @throws {Problem} `forbidden` for a session whose request does not come from the admin page.
 */
export async function recognize(event: H3Event): Promise<void> {
  const { context } = event;
  const session = await context.service.sessions.find(event);
  if (!session) return;
  const { id, keyName: name } = session;
  context.session = session;
  context.principal = { kind: 'session', name, scopes: new Set(['admin']), id: `session:${id}` };
}

/**
 * Finds out whether a request may pass, and who makes it: then it is on the event's context.
 *
 * @returns what it needs a principal for; `public` where it needs none.
 * @throws {Problem} `unauthorized` for a token that is not good, those of a route's own function.
 */
export async function decide(event: H3Event, access: Exclude<RouteAccess, Access>): Promise<Access> {
  const { context } = event;
  if (context.principal) return 'private';
  if (typeof access === 'object') {
    const token = tokenOf(event);
    if (token === undefined) return 'private';
    context.principal = await context.service.tokens.verify(token, access.jwt);
    return 'public';
  }
  const decided = await access(event);
  if (typeof decided === 'string') return decided;
  context.principal = visitor(decided);
  return 'public';
}

/** Whether a request is one of somebody who has this scope. */
export function mayUse({ context }: H3Event, scope: Scope): boolean {
  return hasScope(context.principal, scope);
}

/** The same as a demand. @throws {Problem} those of {@link refuse} */
export async function requireScope(event: H3Event, scope: Scope): Promise<void> {
  if (!mayUse(event, scope)) await refuse(event, scope);
}

/**
 * Refuses a request of nobody who has the scope.
 *
 * @throws {Problem} `unauthorized`, the same for no key and a wrong one; `forbidden` for a key without the scope;
 *   `rate-limited` after many wrong ones.
 */
export async function refuse(event: H3Event, scope: Scope): Promise<never> {
  const { principal } = event.context;
  if (principal)
    throw new Problem(
      'forbidden',
      `This endpoint needs the scope '${scope}', which ${principal.id} does not have.`,
    );
  throw tokenOf(event) === undefined ? unauthorized() : await refuseKey(event);
}

/** Logs a wrong key, and lets its client wait. @returns what is to be said. @throws {Problem} `rate-limited` after many. */
export async function refuseKey({ context }: H3Event): Promise<Problem> {
  const { service, client, requestId } = context;
  service.log.warn({ message: 'a wrong key', client, requestId });
  await service.failedKeys.slowDown(client);
  return unauthorized();
}

/** The same whatever was wrong. */
function unauthorized(): Problem {
  return new Problem(
    'unauthorized',
    'This endpoint needs the key: `Authorization: Bearer <HEADY_API_KEY>`.',
    {
      headers: { 'www-authenticate': 'Bearer realm="heady-manager"' },
    },
  );
}

function tokenOf({ req }: H3Event): string | undefined {
  return givenKey({
    authorization: req.headers.get('authorization') ?? undefined,
    'x-heady-api-key': req.headers.get('x-heady-api-key') ?? undefined,
  });
}

function visitor({ name, claims }: Visitor): Principal {
  return { kind: 'custom', name, scopes: new Set(), ...(claims && { claims }), id: `custom:${name}` };
}
