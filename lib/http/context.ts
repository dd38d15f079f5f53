import type { Service } from '#lib/service';
import type { Session } from '#lib/sessions';

/** What the server puts on each request's context before any route sees it. */
export interface RequestContext extends Record<string, unknown> {
  readonly service: Service;
  readonly requestId: string;
  /** The client's address, as the log has it. */
  readonly client: string;
  /** Set by the router when a route was found. */
  readonly matchedRoute?: { readonly route: string };
}

declare module 'h3' {
  interface H3EventContext {
    readonly service: Service;
    readonly requestId: string;
    readonly client: string;
    /** Of the admin page; absent where the request was let in by the key. */
    session?: Session | undefined;
    /** What may be read of a body that is to be read from Node itself. */
    maxUnreadBytes?: number;
  }
}
