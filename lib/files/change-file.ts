import type { H3Event } from 'h3';

import { contentLengthOf, endOfRequest, unreadBody } from '#lib/http';
import { mediaTypeOf } from '#lib/media-type';
import { checkConditions, parseKey } from '#storage';

import { saidDigest } from './digests.ts';
import { listedFile, metadataOf, validatorHeaders } from './file-headers.ts';
import type { Mount } from './files.ts';
import { missing } from './get-file.ts';
import { conditionsOf } from './preconditions.ts';

/** Stores the body of a request as a file. @throws {Problem} */
export async function putFile(
  event: H3Event,
  name: string,
  durability: Mount['durability'] | undefined,
): Promise<Response> {
  const { files } = event.context.service;
  const { req } = event;
  const key = parseKey(name);
  const before = await files.find(key);
  const mount = durability === undefined && before ? before.mount : files.mount(durability);
  const isMoved = before !== undefined && before.mount !== mount;
  if (isMoved) checkConditions(key, before.file, conditionsOf(req)); // they are about the file where it is now
  const sha256 = saidDigest(req);
  const file = await mount.store.put(key, unreadBody(event), {
    type: mediaTypeOf(req.headers.get('content-type') ?? ''),
    metadata: metadataOf(req),
    expectedBytes: contentLengthOf(event),
    signal: endOfRequest(event),
    ...(sha256 !== undefined && { sha256 }),
    ...(!isMoved && conditionsOf(req)),
  });
  await files.keepOnlyIn(mount, key);
  return Response.json(listedFile(file, mount.durability), {
    status: before ? 200 : 201,
    headers: validatorHeaders(file),
  });
}

/** Deletes a file. @throws {Problem} `not-found`, `precondition-failed` */
export async function deleteFile(event: H3Event, name: string): Promise<Response> {
  const { files } = event.context.service;
  const key = parseKey(name);
  const found = await files.find(key);
  if (!found || !(await found.mount.store.delete(key, conditionsOf(event.req)))) throw missing(key);
  return new Response(null, { status: 204 });
}
