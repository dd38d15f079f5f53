import { statSync } from 'node:fs';
import { join } from 'node:path';

type Tell = (paths: readonly string[]) => void;

/** A file is read when it is whole: many editors empty it first and write it then, a millisecond or two later. */
const settleMs = 15;
/** Two changes may bear the same time when they are no further apart: a tick of the kernel's clock, at 100 Hz. */
const tickMs = 10;

/** Changes of files that are told of a moment later, each once, however often it is heard of. */
export class Changes implements Disposable {
  readonly #folder: string;
  readonly #tell: Tell;
  readonly #heard = new Set<string>();
  /** When each of them had changed last when it was told of. */
  readonly #told = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(folder: string, tell: Tell) {
    this.#folder = folder;
    this.#tell = tell;
  }

  /** Paths are relative to the folder. */
  hear(paths: readonly string[]): void {
    for (const path of paths) this.#heard.add(path);
    this.#timer ??= setTimeout(() => this.#settle(), settleMs);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  #settle(): void {
    this.#timer = undefined;
    const paths = [...this.#heard].filter((path) => this.#isNews(path));
    this.#heard.clear();
    if (paths.length > 0) this.#tell(paths);
  }

  #isNews(path: string): boolean {
    const changedAtMs = statSync(join(this.#folder, path), { throwIfNoEntry: false })?.ctimeMs;
    if (changedAtMs !== undefined && this.#told.get(path) === changedAtMs) return false;
    if (changedAtMs !== undefined && Date.now() - changedAtMs > tickMs) this.#told.set(path, changedAtMs);
    else this.#told.delete(path);
    return true;
  }
}
