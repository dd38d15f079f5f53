import { Metadata, type Upload } from '@tus/server';

import { safeFileName } from '#lib/multipart';
import { Problem } from '#lib/problems';
import { type Durability, parseKey, type StoredFile } from '#storage';

/** Entries that say what the file is; all others are its metadata. */
const own = new Set(['key', 'filename', 'name', 'filetype', 'type', 'durability']);
/** An answer with the file has them in headers (RFC 9110, 5.6.2). */
const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** What an upload becomes. */
interface FileToBe extends Pick<StoredFile, 'key' | 'metadata'> {
  /** As the client has it. */
  readonly type: string;
}

/**
 * The file that `Upload-Metadata` describes: at `key`, else under `uploads/` by its name, of `filetype` or `type`.
 *
 * @throws {Problem} `invalid-input`
 */
export function fileToBe({ id, metadata: said = {} }: Pick<Upload, 'id' | 'metadata'>): FileToBe {
  const name = said.filename ?? said.name;
  const others = Object.entries(said).filter(([entry]) => !own.has(entry));
  return {
    key: parseKey(said.key ?? `uploads/${id}${name == null ? '' : `/${safeFileName(name)}`}`),
    type: said.filetype ?? said.type ?? '',
    metadata: Object.fromEntries(others.map(([entry, text]) => metadataEntry(entry, text ?? ''))),
  };
}

/**
 * Where an upload that is to be made says that its file is to be kept.
 *
 * @throws {Problem} `bad-request`, `invalid-input`
 */
export function saidDurability(headers: Headers): Durability['durability'] | undefined {
  const { durability } = metadataOf(headers.get('upload-metadata'));
  if (durability === undefined || durability === 'persistent' || durability === 'ephemeral')
    return durability;
  throw invalid('durability', 'is neither persistent nor ephemeral');
}

function metadataOf(header: string | null): Readonly<Record<string, string | null>> {
  if (header === null) return {};
  try {
    return Metadata.parse(header);
  } catch (cause) {
    throw new Problem(
      'bad-request',
      `\`Upload-Metadata\` is '${header}': it has entries with a name, a blank and a value in base64, set apart by commas.`,
      { cause },
    );
  }
}

function metadataEntry(entry: string, text: string): [name: string, text: string] {
  if (!headerName.test(entry)) throw invalid(entry, 'has a name that no header can have');
  if (/\p{Cc}/u.test(text)) throw invalid(entry, 'has characters that no header can have');
  return [entry.toLowerCase(), text];
}

function invalid(entry: string, detail: string): Problem {
  return new Problem('invalid-input', `\`Upload-Metadata\`: '${entry}' ${detail}.`, {
    errors: [{ pointer: `/${entry}`, detail }],
  });
}
