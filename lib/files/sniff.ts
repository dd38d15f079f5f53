import { fileTypeFromBuffer } from 'file-type';

import { mediaTypeOf } from '#lib/media-type';
import { headBytes } from '#storage';

/** What clients say who do not know: curl says that all it sends is a form. */
const saysNothing = /^(?:application\/(?:octet-stream|x-www-form-urlencoded))?\s*(?:;|$)/i;
/** Formats of which others are made, as a document is a zip: what the client says is more. */
const containers: ReadonlySet<string> = new Set(['application/zip', 'application/xml', 'application/x-cfb']);

/** Content that knows its media type once it has been read. */
export interface Sniffed {
  readonly content: AsyncIterable<Uint8Array>;
  readonly type: () => string;
}

/** Finds the type of content by its first bytes while it passes; `said` is what the client takes it for. */
export function sniffed(content: AsyncIterable<Uint8Array>, said: string): Sniffed {
  let type = mediaTypeOf(said);
  const passing = async function* (): AsyncGenerator<Uint8Array> {
    let head: Buffer | undefined = Buffer.alloc(0);
    for await (const piece of content) {
      if (head) head = Buffer.concat([head, piece.subarray(0, headBytes - head.byteLength)]);
      if (head?.byteLength === headBytes) {
        type = await typeByBytes(head, said);
        head = undefined;
      }
      yield piece;
    }
    if (head) type = await typeByBytes(head, said);
  };
  return { content: passing(), type: () => type };
}

/** The type of content that begins so: what the bytes are goes before what is said of them. */
export async function typeByBytes(head: Buffer, said: string): Promise<string> {
  const found = (await fileTypeFromBuffer(head))?.mime;
  const isKnown = !saysNothing.test(said.trim());
  if (found !== undefined && !(isKnown && containers.has(found))) return found;
  if (isKnown) return mediaTypeOf(said);
  return isText(head) ? 'text/plain; charset=utf-8' : 'application/octet-stream';
}

/** UTF-8, which may be cut off at the end, without what no text has. */
function isText(head: Buffer): boolean {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true });
    return !/[^\P{Cc}\t\n\f\r]/u.test(text);
  } catch {
    return false;
  }
}
