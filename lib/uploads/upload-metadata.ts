import { Metadata, type Upload } from '@tus/server';

import { metadataOfEntries } from '#lib/files';
import { safeFileName } from '#lib/multipart';
import { Problem } from '#lib/problems';
import { type Durability, isKey, type ObjectKey, parseKey, type StoredFile } from '#storage';

/** Entries that say what the file is; all others are its metadata. */
const own = new Set(['key', 'filename', 'name', 'filetype', 'type', 'durability']);

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
  const others = Object.entries(said).filter(([entry]) => !own.has(entry));
  return {
    key: said.key == null ? keyByName(id, said.filename ?? said.name) : parseKey(said.key),
    type: said.filetype ?? said.type ?? '',
    metadata: metadataOfEntries(others.map(([entry, text]) => [entry, text ?? ''])),
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

/** Not every name of a file can be in a key, as `con` cannot: without it there is one all the same. */
function keyByName(id: string, name?: string | null): ObjectKey {
  const key = `uploads/${id}`;
  const named = `${key}/${safeFileName(name ?? '')}`.normalize('NFC');
  return name != null && isKey(named) ? named : parseKey(key);
}

function invalid(entry: string, detail: string): Problem {
  return new Problem('invalid-input', `\`Upload-Metadata\`: '${entry}' ${detail}.`, {
    errors: [{ pointer: `/${entry}`, detail }],
  });
}
