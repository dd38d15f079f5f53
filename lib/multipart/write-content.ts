import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';

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

/** More than the splitter ever gives out of its own memory: that is what could have been the begin of a boundary. */
const worthReleasing = 4096;

/**
 * Gives a piece's memory back at once. V8 lets tens of megabytes of it pile up before it collects any: an upload of
 * 500 MB made the server grow by 80 MB, and by 19 MB this way. Never where others share that memory.
 */
function release({ buffer, byteLength }: Buffer<ArrayBuffer>): void {
  if (byteLength >= worthReleasing && byteLength === buffer.byteLength) buffer.transfer(0);
}
