/**
 * Whether a header's value has one of the keys in it, whatever stands around it: as it is, percent-encoded, or in base64
 * or base64url, as in `Basic` credentials (RFC 7617), bare, or in a list.
 */
export function tellsKey(value: string, keys: readonly string[]): boolean {
  const texts = [value, percentDecoded(value)];
  const alike = texts.map((text) => text.replaceAll('-', '+').replaceAll('_', '/')); // base64url as base64
  return keys.some(
    (key) =>
      texts.some((text) => text.includes(key)) ||
      base64Forms(key).some((form) => alike.some((text) => text.includes(form))),
  );
}

/** Unlike `decodeURIComponent`, it takes a text that is encoded in part, and escapes of no character. */
function percentDecoded(text: string): string {
  return text.replaceAll(/(?:%[\da-f]{2})+/gi, (escapes) =>
    Buffer.from(escapes.replaceAll('%', ''), 'hex').toString(),
  );
}

/**
 * What of a key's base64 is the same whatever is encoded before and after it. A character has six bits of the eight of a
 * byte, so there are three, by how many bytes before it share a group of three with it.
 */
function base64Forms(key: string): string[] {
  return [0, 1, 2].map((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(key)]);
    const whole = Math.floor((bytes.byteLength * 8) / 6);
    return bytes.toString('base64').slice(Math.ceil((before * 8) / 6), whole);
  });
}
