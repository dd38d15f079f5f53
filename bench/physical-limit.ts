import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const source = join(import.meta.dirname, 'physical/fork.c');
const seconds = 2;

/** What a worker's zygote is made of, and what its children write to. */
export interface Shape {
  readonly megabytes: number;
  readonly pages: number;
}

/** Processes a second that a C program of that shape forks at best; undefined where there is no C compiler. */
export function physicalLimit({ megabytes, pages }: Shape): number | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'physical-'));
  const program = join(folder, 'fork');
  try {
    execFileSync('cc', ['-O2', '-o', program, source], { stdio: 'pipe' });
    const rates = [1, 2, 4].map((atOnce) =>
      Number(execFileSync(program, [megabytes, pages, atOnce, seconds].map(String), { encoding: 'utf8' })),
    );
    return Math.max(...rates);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
