import { networkOf } from './network.ts';
import type { Principal } from './principal.ts';

/** Who makes a request: its principal where there is one, else its client's address. */
export interface Requester {
  readonly principal?: Principal | undefined;
  readonly client: string;
}

/** What tells one of them from another: requests are counted by it, and take turns by it. */
export function requesterId({ principal, client }: Requester): string {
  return principal?.id ?? networkOf(client);
}
