import { open } from 'node:fs/promises';

/** Writes a new file, which none but its owner may read, and says how many bytes it has. */
export async function writeContent(content: AsyncIterable<Uint8Array>, path: string): Promise<number> {
  await using file = await open(path, 'wx', 0o600);
  let bytes = 0;
  for await (const piece of content) {
    bytes += piece.byteLength;
    await file.writeFile(piece); // on a handle: all of it, from where the last one ended
  }
  return bytes;
}
