import { randomUUID } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { extname, join } from 'node:path';

/** A file that a function is given: it is moved into the function's temporary directory. */
export interface GivenFile {
  readonly path: string;
  readonly name: string;
  readonly type: string;
  readonly bytes: number;
}

/** One that stays where it is: it is copied there. */
export interface CopiedFile extends Omit<GivenFile, 'path'> {
  readonly copyTo: (path: string, signal: AbortSignal) => Promise<void>;
}

/** Arguments that do not come as JSON, by name: texts, which the function's hints make values of, and files. */
export type Parts<File = GivenFile> = Readonly<Record<string, readonly (string | File)[]>>;

/** The files of one call, in its process's directory until they are disposed of. */
export class PlacedFiles implements AsyncDisposable {
  readonly #directory: string;
  readonly #paths: string[] = [];
  readonly #over = new AbortController();
  #placing: Promise<unknown> = Promise.resolve();

  /** @param directory - of the process that serves the call. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Whether they have been disposed of. */
  get isOver(): boolean {
    return this.#over.signal.aborted;
  }

  /**
   * Moves or copies the files into the directory of the process: not into a folder in it, which the process could have
   * led elsewhere. Their names are not to be guessed and end as the caller's do, which libraries go by.
   *
   * @throws {Problem} those of copying
   * @throws {AbortError} it has been disposed of meanwhile.
   */
  async place(given: Parts<GivenFile | CopiedFile>): Promise<Parts> {
    const placed = this.#placing.then(async () => this.#placeAll(given));
    this.#placing = placed.catch(() => {});
    return placed;
  }

  /** Removes them, when what is being copied has been given up. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort();
    await this.#placing;
    for (const path of this.#paths) await rm(path, { force: true });
  }

  async #placeAll(given: Parts<GivenFile | CopiedFile>): Promise<Parts> {
    const parts: [string, (string | GivenFile)[]][] = []; // made an object at once, as a name may be `__proto__`
    for (const [name, values] of Object.entries(given)) {
      const placed: (string | GivenFile)[] = [];
      for (const value of values) placed.push(typeof value === 'string' ? value : await this.#place(value));
      parts.push([name, placed]);
    }
    return Object.fromEntries(parts);
  }

  async #place(file: GivenFile | CopiedFile): Promise<GivenFile> {
    this.#over.signal.throwIfAborted();
    const { name, type, bytes } = file;
    const path = join(this.#directory, `${randomUUID()}${extensionOf(name)}`);
    this.#paths.push(path);
    if ('path' in file) await rename(file.path, path);
    else await file.copyTo(path, this.#over.signal);
    return { path, name, type, bytes };
  }
}

/** What the files among them hold. */
export function bytesOf(parts: Parts<Pick<GivenFile, 'bytes'>>): number {
  return Object.values(parts)
    .flat()
    .reduce((sum, part) => sum + (typeof part === 'string' ? 0 : part.bytes), 0);
}

function extensionOf(name: string): string {
  const extension = extname(name);
  return /^\.[A-Za-z0-9]{1,16}$/.test(extension) ? extension : '';
}
