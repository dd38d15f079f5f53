/** The parameters of a part's `content-disposition`, of those that a form has. */
export interface Disposition {
  readonly name: string | undefined;
  readonly fileName: string | undefined;
}

const parameter = /\s*;\s*([!#$%&'*+.^`|~\w-]+)\s*=\s*(?:"((?:[^"\\]|\\[^])*)"|([^\s;"]*))/y;

/**
 * Reads a `content-disposition`, each character a byte as it came; undefined when it is none of a form (RFC 7578, 4.2).
 *
 * Names come as raw UTF-8, and `filename*` (RFC 8187) before `filename`: RFC 7578 forbids it to clients, and some send
 * it all the same.
 */
export function parseDisposition(bytes: string): Disposition | undefined {
  const parameters = parseParameters(bytes);
  if (!parameters) return undefined;
  const [name, plain, extended] = ['name', 'filename', 'filename*'].map((key) => parameters.get(key));
  const fileName = decodeExtended(extended) ?? decodePlain(plain);
  return { name: decodePlain(name), fileName };
}

function parseParameters(text: string): Map<string, string> | undefined {
  const [type = ''] = /^\s*form-data(?=\s*(?:;|$))/i.exec(text) ?? [];
  if (type === '') return undefined;
  const parameters = new Map<string, string>();
  parameter.lastIndex = type.length;
  let end = type.length;
  for (let match = parameter.exec(text); match; match = parameter.exec(text)) {
    const [, key = '', quoted, token = ''] = match;
    parameters.set(key.toLowerCase(), quoted === undefined ? token : unquote(quoted));
    end = parameter.lastIndex;
  }
  return /^[\s;]*$/.test(text.slice(end)) ? parameters : undefined;
}

/** A backslash escapes a quote and itself, and is one elsewhere: `C:\x\y.txt` comes unescaped. */
function unquote(text: string): string {
  return text.replaceAll(/\\(["\\])/g, '$1');
}

/** UTF-8, with what browsers escape in names (HTML, "multipart/form-data encoding algorithm"): `"`, CR and LF. */
function decodePlain(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  return Buffer.from(text, 'latin1')
    .toString()
    .replaceAll(/%(?:22|0D|0A)/gi, (escaped) => decodeURIComponent(escaped));
}

/** RFC 8187, 3.2; undefined when it cannot be read, as the plain parameter then holds. */
function decodeExtended(text: string | undefined): string | undefined {
  const [, charset = '', value = ''] = /^(utf-8|iso-8859-1)'[^']*'(.*)$/i.exec(text ?? '') ?? [];
  if (charset === '') return undefined;
  const bytes = value.replaceAll(/%([\da-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  );
  return new TextDecoder(charset).decode(Buffer.from(bytes, 'latin1'));
}
