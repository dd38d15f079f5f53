import type { H3Event } from 'h3';

import { unreadBody } from '#lib/http';

import { checkWhole } from './content-fields.ts';
import { saidDigest } from './digests.ts';
import { metadataOf } from './metadata.ts';
import { type Destination, storeFile } from './store-file.ts';

/** Stores the body of a request as a file. @throws {Problem} */
export async function putFile(event: H3Event, destination: Destination): Promise<Response> {
  const { req } = event;
  checkWhole(req);
  return storeFile(event, destination, {
    content: unreadBody(event),
    type: req.headers.get('content-type') ?? '',
    metadata: metadataOf(req),
    sha256: saidDigest(req),
  });
}
