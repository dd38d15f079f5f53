import { extname } from 'node:path';

/** What file systems take, in bytes of UTF-8. */
const maxBytes = 255;

/**
 * A client's file name as one that is safe to show and to store under: no folders of any system, no characters that
 * control a terminal or turn the direction of the text (`gpj.exe` that reads `exe.jpg`), not too long for a disk.
 */
export function safeFileName(given: string): string {
  const base = given.split(/[/\\]/).at(-1) ?? '';
  const name = base.replaceAll(/[\p{Cc}\p{Bidi_Control}]/gu, '');
  return ['', '.', '..'].includes(name) ? 'file' : shorten(name);
}

/** Cuts the stem, so that the extension stays, unless that alone is too long. */
function shorten(name: string): string {
  if (Buffer.byteLength(name) <= maxBytes) return name;
  const extension = extname(name);
  const room = maxBytes - Buffer.byteLength(extension);
  return room > 0
    ? cut(name.slice(0, name.length - extension.length), room) + extension
    : cut(name, maxBytes);
}

/** The first characters that fit, none of them in half. */
function cut(text: string, bytes: number): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(bytes));
  return text.slice(0, read);
}
