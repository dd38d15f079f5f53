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

/** Arguments that do not come as JSON, by name: texts, which the function's hints make values of, and files. */
export type Parts = Readonly<Record<string, readonly (string | GivenFile)[]>>;

/** The files of one call, in its process's directory until they are disposed of. */
export class PlacedParts implements AsyncDisposable {
  readonly parts: Parts;
  readonly #paths: readonly string[];

  private constructor(parts: Parts, paths: readonly string[]) {
    this.parts = parts;
    this.#paths = paths;
  }

  /**
   * Moves the files into the directory of the process that serves the call: not into a folder in it, which the process
   * could have led elsewhere. Their names are not to be guessed and end as the caller's do, which libraries go by.
   */
  static async place(given: Parts, directory: string): Promise<PlacedParts> {
    const paths: string[] = [];
    const parts: [string, (string | GivenFile)[]][] = []; // made an object at once, as a name may be `__proto__`
    for (const [name, values] of Object.entries(given)) {
      const placed: (string | GivenFile)[] = [];
      for (const value of values)
        if (typeof value === 'string') placed.push(value);
        else {
          const path = join(directory, `${randomUUID()}${extensionOf(value.name)}`);
          await rename(value.path, path);
          paths.push(path);
          placed.push({ ...value, path });
        }
      parts.push([name, placed]);
    }
    return new PlacedParts(Object.fromEntries(parts), paths);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const path of this.#paths) await rm(path, { force: true });
  }
}

/** What the files among them hold. */
export function bytesOf(parts: Parts): number {
  return Object.values(parts)
    .flat()
    .reduce((sum, part) => sum + (typeof part === 'string' ? 0 : part.bytes), 0);
}

function extensionOf(name: string): string {
  const extension = extname(name);
  return /^\.[A-Za-z0-9]{1,16}$/.test(extension) ? extension : '';
}
