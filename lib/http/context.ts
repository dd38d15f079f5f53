import type { Hooks } from 'crossws';

import type { Principal } from '#lib/access';
import type { Service } from '#lib/service';
import type { Session } from '#lib/sessions';

import type { Field } from './security-headers.ts';

/** A request for a WebSocket: accepted when it has hooks. */
export interface Upgrade {
  hooks?: Partial<Hooks>;
}

/** What the server puts on each request's context before any route sees it. */
export interface RequestContext extends Record<string, unknown> {
  readonly service: Service;
  readonly requestId: string;
  /** The client's address, as the log has it. */
  readonly client: string;
  /** Who makes the request, as far as that is known: at first by the service's own keys, then by what the route takes. */
  principal?: Principal | undefined;
  /** It came when the service took no new work any more: what had come before is served, however long it waits. */
  readonly isLate: boolean;
  /** Takes what the answer is to say where the route does not say otherwise. */
  readonly answer: { add(...fields: readonly Field[]): void };
  /** Set by the router when a route was found. */
  readonly matchedRoute?: { readonly route: string };
}

declare module 'h3' {
  interface H3EventContext {
    readonly service: Service;
    readonly requestId: string;
    readonly client: string;
    principal?: Principal | undefined;
    readonly isLate: boolean;
    readonly answer: RequestContext['answer'];
    /** Of the admin page, where the principal is one. */
    session?: Session | undefined;
    /** Where the request is for a WebSocket. */
    readonly upgrade?: Upgrade;
    /** What may be read of a body that is to be read from Node itself. */
    maxUnreadBytes?: number;
  }
}
