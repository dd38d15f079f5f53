const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const quoted = String.raw`"(?:[\t \x21\x23-\x5b\x5d-\x7e]|\\[\t\x20-\x7e])*"`;
/** Blanks before a `;` are never those of the parameter before it, so that there is one way to match. */
const grammar = new RegExp(`^${token}/${token}(?:[\\t ]*;(?:[\\t ]*${token}=(?:${token}|${quoted}))?)*$`);

const maxCharacters = 255;

/** The type of which nothing is known but that it is bytes (RFC 2046, 4.5.1). */
const unknown = 'application/octet-stream';

/** Whether a text is a media type with its parameters (RFC 9110, 8.3.1), in ASCII and of at most 255 characters. */
export function isMediaType(text: string): boolean {
  return text.length <= maxCharacters && grammar.test(text);
}

/** The media type that somebody says something is of; `application/octet-stream` where that is none. */
export function mediaTypeOf(said: string): string {
  const type = said.trim();
  return isMediaType(type) ? type : unknown;
}

/** Whether a content type is that of JSON (RFC 8259, and RFC 6839 for `…+json`). */
export function isJsonType(type: string): boolean {
  return /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(type);
}
