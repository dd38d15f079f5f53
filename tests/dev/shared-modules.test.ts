import { mkdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';

import { makeDevProject, type Project, repository } from '../project.ts';
import { TestServer, waitFor } from '../server.ts';

const python = join(repository, '.venv/bin/python');
let project: Project;
let server: TestServer;

beforeAll(async () => {
  project = makeDevProject();
  mkdirSync(path('_shared'));
  write('_shared/numbers.py', 'NUMBER = 1\n');
  write('_shared/through.py', 'from .numbers import NUMBER\n\nDOUBLE = 2 * NUMBER\n');
  write('doubling.py', worker('from _shared.through import DOUBLE', 'DOUBLE'));
  write('apart.py', worker('from _apart import NUMBER', 'NUMBER'));
  write('_apart.py', 'NUMBER = 100\n');
  server = await TestServer.start({
    root: project.root,
    words: ['dev'],
    env: { HEADY_PYTHON_BIN: python, HEADY_PY_MAX_CONCURRENCY: '4' },
  });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  project[Symbol.dispose]();
});

/** Each test begins with these two loaded. */
beforeEach(async () => {
  write('_shared/numbers.py', 'NUMBER = 1\n');
  await waitFor(async () => (await value('doubling')()) === 2 || undefined);
  await waitFor(async () => (await value('apart')()) === 100 || undefined);
});

/** How long a change may take to have its effect, on a busy machine. */
const patience = { timeout: 10_000, interval: 20 };

function path(name: string): string {
  return join(project.root, 'workers', name);
}

function write(name: string, text: string): void {
  writeFileSync(path(name), text);
}

/** A worker whose function tells a value and the process id of its zygote. */
function worker(imports: string, expression: string): string {
  return `import os\n${imports}\n\ndef tell() -> tuple[int, int]:\n    return ${expression}, os.getppid()\n`;
}

async function told(name: string): Promise<string> {
  const response = await server.call(`${name}/tell`);
  return `${response.status} ${await response.text()}`;
}

/** The value that a worker tells; its whole answer where that is a failure. */
function value(name: string): () => Promise<number | string> {
  return async () => {
    const answer = await told(name);
    return answer.startsWith('200 ') ? (JSON.parse(answer.slice(4)) as [number, number])[0] : answer;
  };
}

async function zygote(name: string): Promise<number> {
  const [, pid] = await server.answer<[number, number]>(`${name}/tell`);
  return pid;
}

it('replaces the zygotes that have imported it, through another one too, and no others', async () => {
  const [doubling, apart] = [await zygote('doubling'), await zygote('apart')];
  write('_shared/numbers.py', 'NUMBER = 2\n');
  await expect.poll(value('doubling'), patience).toBe(4);
  expect(await zygote('doubling')).not.toBe(doubling);
  expect(await zygote('apart')).toBe(apart);
});

it('says file and line while it is broken, until it is mended', async () => {
  const apart = await zygote('apart');
  write('_shared/numbers.py', '\nNUMBER = 1 +\n');
  await expect
    .poll(value('doubling'), patience)
    .toMatch(/^503 .*SyntaxError: .* \(workers\/_shared\/numbers\.py, line 2\)/);
  write('_shared/numbers.py', 'import os\n\nNUMBER = os.nothing\n');
  await expect
    .poll(value('doubling'), patience)
    .toMatch(/^503 .*AttributeError: .* \(workers\/_shared\/numbers\.py, line 3\)/);
  write('_shared/numbers.py', 'NUMBER = 3\n');
  await expect.poll(value('doubling'), patience).toBe(6);
  expect(await zygote('apart')).toBe(apart);
});

it('is missed when it is deleted or its package renamed, until it is there again', async () => {
  rmSync(path('_shared/numbers.py'));
  await expect.poll(value('doubling'), patience).toMatch(/^503 .*No module named '_shared.numbers'/);
  write('_shared/numbers.py', 'NUMBER = 4\n');
  await expect.poll(value('doubling'), patience).toBe(8);
  renameSync(path('_shared'), path('_renamed'));
  await expect.poll(value('doubling'), patience).toMatch(/^503 .*No module named '_shared'/);
  renameSync(path('_renamed'), path('_shared'));
  await expect.poll(value('doubling'), patience).toBe(8);
  write('_shared/numbers.py', 'NUMBER = 5\n');
  await expect.poll(value('doubling'), patience).toBe(10);
});

it('is followed within folders that are made all at once, or renamed', async () => {
  write('deep.py', worker('from _deep.inner.numbers import NUMBER', 'NUMBER'));
  await expect.poll(value('deep'), patience).toMatch(/^503 .*No module named '_deep'/);
  mkdirSync(path('_deep/inner'), { recursive: true });
  write('_deep/inner/numbers.py', 'NUMBER = 1\n');
  await expect.poll(value('deep'), patience).toBe(1);
  write('_deep/inner/numbers.py', 'NUMBER = 2\n');
  await expect.poll(value('deep'), patience).toBe(2);
  write('deep.py', worker('from _moved.inner.numbers import NUMBER', 'NUMBER'));
  await expect.poll(value('deep'), patience).toMatch(/^503 .*No module named '_moved'/);
  renameSync(path('_deep'), path('_moved'));
  await expect.poll(value('deep'), patience).toBe(2);
  write('_moved/inner/numbers.py', 'NUMBER = 3\n');
  await expect.poll(value('deep'), patience).toBe(3);
});

it('is read from its source, whatever bytecode says of the same size and second', async () => {
  const file = path('_shared/numbers.py');
  await execa({ cwd: path('.') })`${python} -m compileall -q _shared`;
  const { atime, mtime } = statSync(file);
  write('_shared/numbers.py', 'NUMBER = 7\n');
  utimesSync(file, atime, mtime);
  await expect.poll(value('doubling'), patience).toBe(14);
  for (const number of [8, 9]) {
    write('_shared/numbers.py', `NUMBER = ${number}\n`);
    utimesSync(file, atime, mtime);
    await expect.poll(value('doubling'), patience).toBe(2 * number);
  }
});

it('is awaited by a worker that goes without it', async () => {
  const optional = 'try:\n    from _optional import NUMBER\nexcept ImportError:\n    NUMBER = 0';
  write('optional.py', worker(optional, 'NUMBER'));
  await expect.poll(value('optional'), patience).toBe(0);
  write('_optional.py', 'NUMBER = 1\n');
  await expect.poll(value('optional'), patience).toBe(1);
});

it('that is imported in a call is read by each call anew, by the same zygote', async () => {
  write('_late.py', 'NUMBER = 1\n');
  write('late.py', worker('', '__import__("_late").NUMBER'));
  await expect.poll(value('late'), patience).toBe(1);
  const before = await zygote('late');
  write('_late.py', 'NUMBER = 2\n');
  expect(await value('late')()).toBe(2);
  expect(await zygote('late')).toBe(before);
});

it.each([
  ['a call of a process that serves many', '', '@heady.function(isolation="reuse")'],
  ['a hook, ahead of the call', '@heady.after_fork\ndef load() -> None:\n    import _kept\n', ''],
])('that is imported in %s is not kept when it changes', async (_, hook, decorator) => {
  write('_kept.py', 'NUMBER = 1\n');
  const text = worker(`import heady\n\n${hook}`, '__import__("_kept").NUMBER');
  write('keeping.py', text.replace('def tell', `${decorator}\ndef tell`));
  await expect.poll(value('keeping'), patience).toBe(1);
  expect(await value('keeping')()).toBe(1);
  const [keeping, apart] = [await zygote('keeping'), await zygote('apart')];
  write('_kept.py', 'NUMBER = 2\n');
  await expect.poll(value('keeping'), patience).toBe(2);
  await expect.poll(async () => zygote('keeping'), patience).not.toBe(keeping);
  expect(await zygote('apart')).toBe(apart);
  rmSync(path('keeping.py'));
});

it('may be another worker, which stays one of its own', async () => {
  write('importing.py', worker('from doubling import DOUBLE, tell as other', 'DOUBLE + other()[0]'));
  await expect.poll(value('importing'), patience).toBe(4);
  expect((await server.call('importing/other')).status).toBe(404);
  write('doubling.py', worker('from _shared.through import DOUBLE', 'DOUBLE + 1'));
  await expect.poll(value('importing'), patience).toBe(5);
  expect(await value('doubling')()).toBe(3);
  write('doubling.py', worker('from _shared.through import DOUBLE', 'DOUBLE'));
});

it('changes under no call that has begun', async () => {
  const waiting = 'import time\nfrom _shared.numbers import NUMBER';
  write('slow.py', worker(waiting, '(time.sleep(0.6), NUMBER)[1]'));
  await expect.poll(value('slow'), patience).toBe(1);
  const begun = value('slow')();
  await delay(200);
  write('_shared/numbers.py', 'NUMBER = 2\n');
  await expect.poll(value('doubling'), patience).toBe(4);
  expect(await begun).toBe(1);
  expect(await value('slow')()).toBe(2);
});
