import type { H3Event } from 'h3';

import { parseKey } from '#storage';

import { missing } from './get-file.ts';
import { conditionsOf } from './preconditions.ts';

/** Deletes a file. @throws {Problem} `not-found`, `precondition-failed` */
export async function deleteFile(event: H3Event, name: string): Promise<Response> {
  const { files } = event.context.service;
  const key = parseKey(name);
  const found = await files.find(key);
  if (!found || !(await found.mount.store.delete(key, conditionsOf(event.req)))) throw missing(key);
  return new Response(null, { status: 204, headers: { 'x-durability': found.mount.durability } });
}
