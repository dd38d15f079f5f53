import type { H3Event } from 'h3';

import { contentLengthOf, endOfRequest } from '#lib/http';
import { type Durability, parseKey } from '#storage';

import { conditionsFor } from './preconditions.ts';
import { putResponse } from './put-response.ts';
import { sniffed } from './sniff.ts';

/** Where a file goes: where its key is already or into the default place, unless one is said. */
export interface Destination {
  /** Its key, as a client gives it. */
  readonly name: string;
  readonly durability?: Durability['durability'] | undefined;
}

/** Content with what is said of it. */
interface GivenFile {
  readonly content: AsyncIterable<Uint8Array>;
  /** Media type, as the client has it. */
  readonly type: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly sha256?: string | undefined;
}

/** Stores content that comes with a request, under its conditions. @throws {Problem} */
export async function storeFile(
  event: H3Event,
  { name, durability }: Destination,
  given: GivenFile,
): Promise<Response> {
  const key = parseKey(name);
  const conditions = await conditionsFor(event, key);
  const { content, type } = sniffed(given.content, given.type);
  const stored = await event.context.service.files.put(key, content, {
    durability,
    type,
    metadata: given.metadata,
    sha256: given.sha256,
    expectedBytes: contentLengthOf(event),
    signal: endOfRequest(event),
    ...conditions,
  });
  return putResponse(stored);
}
