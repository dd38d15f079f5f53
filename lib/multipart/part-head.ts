import { mediaTypeOf } from '#lib/media-type';
import { Problem, pointerTo } from '#lib/problems';

import { type Disposition, parseDisposition } from './disposition.ts';
import { safeFileName } from './file-name.ts';

/** Headers of a part as the parser gives them: each character is a byte. */
export type PartHeaders = Readonly<Record<string, readonly string[] | undefined>>;

/** What a part says of itself before its content. */
export interface PartHead {
  readonly field: string;
  /** The file's name, made safe, and its media type; a part without a file name is a field. */
  readonly file?: { readonly name: string; readonly type: string };
}

/** Of the names that a client gives; a longer one is no name that a person has given. */
const maxNameBytes = 1024;

/**
 * Reads the head of the part of this number, counted from one.
 *
 * @throws {Problem} `malformed-body`, `invalid-input`
 */
export function readHead(headers: PartHeaders, number: number): PartHead {
  const { name: field, fileName } = dispositionOf(headers, number);
  if (field === undefined) throw malformed(`Part ${number} has no name.`);
  if (isTooLong(field)) throw invalid('', `the name of part ${number} is longer than ${maxNameBytes} bytes`);
  const pointer = pointerTo(field);
  const [type = ''] = headers['content-type'] ?? [];
  refuseEncoding(pointer, headers);
  if (fileName === undefined) return fieldHead(field, type);
  return { field, file: { name: readName(pointer, fileName), type: mediaTypeOf(type) } };
}

function dispositionOf(headers: PartHeaders, number: number): Disposition {
  const [bytes = ''] = headers['content-disposition'] ?? [];
  const disposition = parseDisposition(bytes);
  if (disposition) return disposition;
  throw malformed(`Part ${number} has no \`content-disposition: form-data\` that can be read.`);
}

/** RFC 7578, 4.3 does away with `multipart/mixed` for the files of one field. */
function fieldHead(field: string, type: string): PartHead {
  if (!/^multipart\//i.test(type)) return { field };
  throw invalid(pointerTo(field), 'is multipart within multipart: send each file as a part of its own');
}

function malformed(detail: string): Problem {
  return new Problem('malformed-body', detail);
}

/** The detail of one field as a problem. */
export function invalid(pointer: string, detail: string): Problem {
  return new Problem('invalid-input', '1 invalid field.', { errors: [{ pointer, detail }] });
}

function readName(pointer: string, given: string): string {
  if (isTooLong(given)) throw invalid(pointer, `the file name is longer than ${maxNameBytes} bytes`);
  return safeFileName(given);
}

function isTooLong(name: string): boolean {
  return Buffer.byteLength(name) > maxNameBytes;
}

/** RFC 7578, 4.7 deprecates these; to take the content as it is would keep something else than was meant. */
function refuseEncoding(pointer: string, headers: PartHeaders): void {
  const [encoding = ''] = headers['content-transfer-encoding'] ?? [];
  if (/^(?:base64|quoted-printable)$/i.test(encoding.trim()))
    throw invalid(pointer, `is encoded as ${encoding.trim()}: send the bytes as they are`);
}
