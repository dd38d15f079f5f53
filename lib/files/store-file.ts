import type { H3Event } from 'h3';

import { contentLengthOf, endOfRequest } from '#lib/http';
import { checkConditions, type Durability, parseKey } from '#storage';

import { fileEntry, validatorHeaders } from './file-headers.ts';
import { conditionsOf } from './preconditions.ts';
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
  const { files } = event.context.service;
  const key = parseKey(name);
  const conditions = conditionsOf(event.req);
  const before = await files.find(key);
  const mount = durability === undefined && before ? before.mount : files.mount(durability);
  const isMoved = before !== undefined && before.mount !== mount;
  if (isMoved) checkConditions(key, before.file, conditions); // they are about the file where it is now
  const { content, type } = sniffed(given.content, given.type);
  const file = await mount.store.put(key, content, {
    type,
    metadata: given.metadata,
    sha256: given.sha256,
    expectedBytes: contentLengthOf(event),
    signal: endOfRequest(event),
    ...(!isMoved && conditions),
  });
  await files.keepOnlyIn(mount, key);
  return Response.json(fileEntry(file, mount.durability), {
    status: before ? 200 : 201,
    headers: validatorHeaders(file),
  });
}
