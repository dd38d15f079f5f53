import { fileEntry, validatorHeaders } from './file-headers.ts';
import type { PutFile } from './files.ts';
import { pathOf } from './path.ts';

/** What is answered of a file that has been stored: where it is, and what is known of it. */
export function putResponse({ mount, file, isNew }: PutFile): Response {
  return Response.json(fileEntry(file, mount.durability), {
    status: isNew ? 201 : 200,
    headers: { ...validatorHeaders(file), location: pathOf(file.key) },
  });
}
