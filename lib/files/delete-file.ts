import type { H3Event } from 'h3';

import { parseKey } from '#storage';

import { missing } from './get-file.ts';
import { conditionsFor } from './preconditions.ts';

/** Deletes a file. @throws {Problem} `not-found`, `precondition-failed` */
export async function deleteFile(event: H3Event, name: string): Promise<Response> {
  const { files } = event.context.service;
  const key = parseKey(name);
  const mount = await files.delete(key, await conditionsFor(event, key));
  if (!mount) throw missing(key);
  return new Response(null, { status: 204, headers: { 'x-durability': mount.durability } });
}
