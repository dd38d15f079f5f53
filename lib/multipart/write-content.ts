import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';

import { release } from '#lib/http';

/** Writes a new file, which none but its owner may read, and says how many bytes it has. */
export async function writeContent(content: Readable, path: string): Promise<number> {
  await using file = await open(path, 'wx', 0o600);
  let bytes = 0;
  for await (const piece of content as AsyncIterable<Buffer<ArrayBuffer>>) {
    bytes += piece.length;
    await file.writeFile(piece); // on a handle: all of it, from where the last one ended
    release(piece);
  }
  return bytes;
}
