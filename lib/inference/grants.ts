import { randomUUID } from 'node:crypto';

import type { InferenceUsage } from '#lib/records';

import type { Caller, CallUsage } from './operation.ts';
import { Tally } from './usage/tally.ts';

/** Who an invocation is. */
export interface Grantee {
  readonly invocationId: string;
  readonly requestId: string;
  /** As `worker.function`. */
  readonly name: string;
}

/** What lets one invocation use inference, until it is disposed of; its calls that still run end with it. */
export class Grant implements Disposable {
  readonly token = randomUUID();
  readonly requestId: string;
  readonly #grantee: Grantee;
  readonly #tally = new Tally();
  /** Made for an invocation that asks for something: most do not. */
  #over: AbortController | undefined;
  #isOver = false;
  readonly #revoke: () => void;

  constructor(grantee: Grantee, revoke: (grant: Grant) => void) {
    this.requestId = grantee.requestId;
    this.#grantee = grantee;
    this.#revoke = () => revoke(this);
  }

  /** What its process is given. */
  get environment(): Readonly<Record<string, string>> {
    return { HEADY_INFERENCE_TOKEN: this.token };
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** What the invocation has used so far; undefined where that is nothing. */
  get usage(): InferenceUsage | undefined {
    return this.#tally.sum;
  }

  /** The invocation as a caller, by one of its requests. */
  caller(signal: AbortSignal): Caller {
    const { name, requestId } = this.#grantee;
    this.#over ??= new AbortController();
    return {
      name,
      requestId,
      signal: AbortSignal.any([signal, this.#over.signal]),
      onUsage: (usage: CallUsage) => this.#tally.add(usage),
    };
  }

  [Symbol.dispose](): void {
    this.#revoke();
    this.#isOver = true;
    this.#over?.abort(new DOMException('the invocation has ended', 'AbortError'));
  }
}

/** The grants of the invocations that run, by their tokens. */
export class Grants {
  readonly #grants = new Map<string, Grant>();

  issue(grantee: Grantee): Grant {
    const grant = new Grant(grantee, ({ token }) => this.#grants.delete(token));
    this.#grants.set(grant.token, grant);
    return grant;
  }

  /** The one whose token a request bears. */
  of(request: Request): Grant | undefined {
    const [, token] = /^Bearer +(\S+)$/i.exec(request.headers.get('authorization') ?? '') ?? [];
    return token === undefined ? undefined : this.#grants.get(token);
  }
}
