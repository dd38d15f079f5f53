import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Project } from '../project.ts';
import { waitFor } from '../server.ts';
import { heady, makeShop, usage } from './command.ts';

let project: Project;

beforeAll(() => {
  project = makeShop();
});
afterAll(() => project[Symbol.dispose]());

function write(path: string, text: string): void {
  writeFileSync(join(project.root, path), text);
}

describe('a call that watches', () => {
  it('is made again when the worker is saved, broken or mended, and ends when interrupted', async () => {
    write('workers/watched.py', 'def version() -> int:\n    return 1\n');
    const command = heady(project.root, ['invoke', 'watched', 'version', '--watch']);
    const seen = { out: '', err: '' };
    command.stdout?.on('data', (data: Buffer) => (seen.out += data));
    command.stderr?.on('data', (data: Buffer) => (seen.err += data));
    await waitFor(() => usage('watched.version', 'ok').test(seen.err));
    write('workers/watched.py', 'def version() -> int:\n    return 2\n');
    await waitFor(() => seen.out === '1\n2\n');
    write('workers/watched.py', 'def version() -> int:\n    return 2 +\n');
    await waitFor(() => seen.err.includes('watched.py, line 2)'));
    write('workers/watched.py', 'from _count import NUMBER\n\ndef version() -> int:\n    return NUMBER\n');
    write('workers/_count.py', 'NUMBER = 3\n');
    await waitFor(() => seen.out.endsWith('2\n3\n'));
    write('workers/_count.py', 'NUMBER = 4\n');
    await waitFor(() => seen.out.endsWith('3\n4\n'));
    command.kill('SIGINT');
    expect((await command).exitCode).toBe(130);
  });

  it('ends the call that runs when the worker is saved', async () => {
    write(
      'workers/watched.py',
      'import time\n\ndef version() -> None:\n    print("slow", flush=True)\n    time.sleep(30)\n',
    );
    const command = heady(project.root, ['invoke', 'watched', 'version', '--watch']);
    let said = '';
    command.stderr?.on('data', (data: Buffer) => (said += data));
    await waitFor(() => said.includes('slow'));
    write('workers/watched.py', 'def version() -> int:\n    return 2\n');
    for (const outcome of ['ok', 'canceled'])
      await waitFor(() => usage('watched.version', outcome).test(said) || undefined);
    command.kill('SIGTERM');
    expect(await command).toMatchObject({ stdout: '2', exitCode: 143 });
  });
});
