import type { FileHandle } from 'node:fs/promises';

import type { ByteRange } from '../store.ts';

/** Larger ones gain nothing, and each reader has two of them. */
const pieceBytes = 256 * 1024;

/**
 * The bytes of a range, the next piece being read while the last is used. All are read into the same two buffers, so that
 * what has been read leaves nothing to be collected.
 */
export async function* readPieces(
  handle: FileHandle,
  { first, last }: ByteRange,
): AsyncGenerator<Uint8Array> {
  if (last < first) return; // an empty file
  const bufferBytes = Math.min(pieceBytes, last - first + 1);
  let [buffer, spare] = [Buffer.allocUnsafeSlow(bufferBytes), Buffer.allocUnsafeSlow(bufferBytes)];
  let reading = readInto(buffer, handle, { first, last });
  for (let at = first; at <= last;) {
    const piece = await reading;
    at += piece.byteLength;
    [buffer, spare] = [spare, buffer];
    if (at <= last) reading = readInto(buffer, handle, { first: at, last });
    reading.catch(() => undefined); // whoever stops reading here is not told of it
    yield piece;
  }
}

/** @throws {Error} the file has been cut off. */
async function readInto(buffer: Buffer, handle: FileHandle, { first, last }: ByteRange): Promise<Uint8Array> {
  const length = Math.min(buffer.byteLength, last - first + 1);
  const { bytesRead } = await handle.read(buffer, { length, position: first });
  if (bytesRead === 0) throw new Error(`the file ends at byte ${first}, which ${last} is to be read of`);
  return buffer.subarray(0, bytesRead);
}
