import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { areImported, modulesAt } from '../../lib/python/workers/shared-modules.ts';
import { makeProject, type Project, repository } from '../project.ts';
import { TestServer } from '../server.ts';

describe('shared modules of the built server', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({ root: inject('root') });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  it('are imported from workers/: modules, packages and other workers', async () => {
    expect(await server.answer('sharing/total', { value: 10 })).toBe(17);
    expect(await server.answer('sharing/late')).toBe('_pack.inner');
    expect(await server.answer('sharing/other')).toBe('everyday');
  });

  it('are no workers, nor are the functions that are imported', async () => {
    for (const path of ['_pack/same', 'package/four', 'inner/same', '_routes_shared/hello'])
      expect((await server.call(path)).status).toBe(404);
    for (const name of ['same', 'four', 'resolve_host'])
      expect((await server.call(`sharing/${name}`)).status).toBe(404);
  });
});

describe('shared modules from the shell', () => {
  /** A working directory that has modules of the same names. */
  const elsewhere = mkdtempSync(join(tmpdir(), 'elsewhere-'));
  let project: Project;
  beforeAll(() => {
    project = makeProject();
    for (const name of ['sharing.py', 'everyday.py', '_pack', 'package'])
      cpSync(join(repository, 'tests/fixtures/workers', name), join(project.root, 'workers', name), {
        recursive: true,
      });
    mkdirSync(join(elsewhere, '_pack'));
    writeFileSync(join(elsewhere, '_pack/__init__.py'), 'NUMBER = -1\n');
  });
  afterAll(() => {
    rmSync(elsewhere, { recursive: true });
    project[Symbol.dispose]();
  });

  async function python(words: readonly string[], cwd: string, input: string): Promise<string> {
    const env = { PYTHONPATH: join(project.root, 'workers') };
    const { stdout } = await execa(join(repository, '.venv/bin/python'), words, { cwd, input, env });
    return stdout;
  }

  it.each([
    ['python FILE', (file: string) => [file]],
    ['python -m heady FILE', (file: string) => ['-m', 'heady', file]],
    ['python -P -m heady FILE', (file: string) => ['-P', '-m', 'heady', file]],
  ])('are imported by `%s` wherever that is called', async (_, words) => {
    const { root } = project;
    const run = async (cwd: string, file: string) => python([...words(file), 'total'], cwd, '{"value": 10}');
    expect(await run(root, 'workers/sharing.py')).toBe('17');
    expect(await run(join(root, 'workers'), 'sharing.py')).toBe('17');
    expect(await run(elsewhere, join(root, 'workers/sharing.py'))).toBe('17');
  });

  it('are imported by a file in any other folder, such as one under routes/', async () => {
    const file = join(elsewhere, 'total.get.py');
    writeFileSync(file, 'from _pack import NUMBER\n\ndef get() -> int:\n    return NUMBER\n');
    expect(await python(['-m', 'heady', file, 'get'], elsewhere, '')).toBe('3');
  });
});

describe('the modules of changed files', () => {
  it('are named by their paths below the import root', () => {
    expect(modulesAt(['a.py', '_b/c.py', '_b/__init__.py', '_d'])).toEqual(['a', '_b.c', '_b', '_d']);
    expect(modulesAt(['_b/data.json', 'a.py~', '_b/__pycache__/c.cpython-311.pyc', '.a.py.swp'])).toEqual([]);
  });

  it.each([
    ['the module itself', ['_b.c'], true],
    ['the package that it is in', ['_b'], true],
    ['a module beside it', ['_b.d'], false],
    ['a module in it', ['_b.c.d'], false],
    ['a module whose name begins like it', ['_'], false],
  ])('concern who imports one: %s', (_, modules, expected) => {
    expect(areImported(modules, ['_b.c'])).toBe(expected);
  });
});
