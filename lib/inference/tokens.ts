import { randomUUID } from 'node:crypto';

/** The gateway's tokens: one for each invocation that runs, good until that ends. */
export class InvocationTokens {
  readonly #invocations = new Map<string, string>();

  issue(invocationId: string): { readonly token: string; revoke(): void } {
    const token = randomUUID();
    this.#invocations.set(token, invocationId);
    return { token, revoke: () => void this.#invocations.delete(token) };
  }

  /** The invocation that the request's bearer token was issued for. */
  invocationOf(request: Request): string | undefined {
    const [, token] = /^Bearer +(\S+)$/i.exec(request.headers.get('authorization') ?? '') ?? [];
    return token === undefined ? undefined : this.#invocations.get(token);
  }
}
