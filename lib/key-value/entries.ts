import { formatBytes } from '#lib/config';
import { Problem } from '#lib/problems';
import { type Durability, type FileStore, type ObjectKey, type OpenedFile, parseKey } from '#storage';

/** What is larger is a file: an entry is in memory as a whole. */
const maxBytes = 1024 ** 2;
const pageFiles = 1000;

/** Small values by their keys: each is a file below `kv/`, so it is whole or not there, and lasts as files do. */
export class Entries {
  readonly #store: FileStore;
  readonly #folder: string;

  constructor(store: FileStore, durability: Durability['durability']) {
    this.#store = store;
    this.#folder = `kv/${durability}/`; // a file is in one place by its key, and entries of one name are in both
  }

  async has(key: string): Promise<boolean> {
    return (await this.#store.head(this.#keyOf(key))) !== undefined;
  }

  /** @throws {Problem} `payload-too-large` */
  async get(key: string): Promise<Buffer | null> {
    await using opened = await this.#store.open(this.#keyOf(key));
    return opened ? await contentOf(opened) : null;
  }

  /** @throws {Problem} `payload-too-large`, `storage-full` */
  async set(key: string, content: Buffer, type: string): Promise<void> {
    refuseLarge(key, content.byteLength);
    const { signal } = new AbortController(); // a caller who goes away does not undo what was done for it
    const options = { type, expectedBytes: content.byteLength, signal };
    await this.#store.put(this.#keyOf(key), once(content), options);
  }

  async remove(key: string): Promise<void> {
    await this.#store.delete(this.#keyOf(key));
  }

  /** All keys that begin so, in their order. */
  async keys(base: string): Promise<string[]> {
    const keys: string[] = [];
    const prefix = `${this.#folder}${pathOf(base)}`;
    let cursor: string | undefined;
    do {
      const page = await this.#store.list({
        prefix,
        limit: pageFiles,
        ...(cursor !== undefined && { cursor }),
      });
      keys.push(...page.files.map(({ key }) => key.slice(this.#folder.length).replaceAll('/', ':')));
      ({ cursor } = page);
    } while (cursor !== undefined);
    return keys;
  }

  async meta(key: string) {
    const file = await this.#store.head(this.#keyOf(key));
    return file
      ? { mtime: new Date(file.modifiedAt), size: file.bytes, etag: file.etag, type: file.type }
      : null;
  }

  #keyOf(key: string): ObjectKey {
    return parseKey(`${this.#folder}${pathOf(key)}`);
  }
}

/** unstorage sets the parts of a key apart by colons. */
function pathOf(key: string): string {
  return key.replaceAll(':', '/');
}

async function contentOf(opened: OpenedFile): Promise<Buffer> {
  refuseLarge(opened.file.key, opened.file.bytes);
  const copies: Buffer[] = [];
  for await (const piece of opened.pieces()) copies.push(Buffer.from(piece));
  return Buffer.concat(copies);
}

async function* once(content: Buffer): AsyncGenerator<Uint8Array> {
  yield content;
}

function refuseLarge(key: string, bytes: number): void {
  if (bytes <= maxBytes) return;
  const [limit, used] = [formatBytes(maxBytes), formatBytes(bytes)];
  throw new Problem(
    'payload-too-large',
    `The entry '${key}' has ${used}, and ${limit} at most: store it as a file.`,
    {
      limit,
      used,
    },
  );
}
