import type { Scope } from '#lib/config';

/** Who makes a request, as far as that is known. */
export interface Principal {
  /** A key of the service; a session of the admin page; a token that a route takes; whom a route's own function names. */
  readonly kind: 'key' | 'session' | 'jwt' | 'custom';
  /** Of a key its name; of a token its subject. */
  readonly name: string;
  /** None where it was let in by the route itself. */
  readonly scopes: ReadonlySet<Scope>;
  /** What its token says of it. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** In the log, and what its requests are counted by: no other principal has it. */
  readonly id: string;
}

/** Whether somebody has a scope. */
export function hasScope(principal: Principal | undefined, scope: Scope): boolean {
  return principal !== undefined && (principal.scopes.has(scope) || principal.scopes.has('admin'));
}
