import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { makeProject, type Project, repository } from '../project.ts';

let project: Project;

beforeAll(async () => {
  project = makeProject(join(repository, 'tests/declarations/project'));
  await generate();
});
afterAll(() => project[Symbol.dispose]());

async function generate(): Promise<string> {
  const { PATH, HOME } = process.env;
  const python = join(repository, '.venv/bin/python');
  const { stderr } = await execa('node', ['heady-manager.js', 'types'], {
    cwd: project.root,
    env: { PATH, HOME, HEADY_PYTHON_BIN: python },
    extendEnv: false,
  });
  return stderr;
}

const file = () => join(project.root, '.heady/workers.d.ts');
const text = () => readFileSync(file(), 'utf8');

/** What `tsc` finds in the calls of the fixture. */
async function check(): Promise<string> {
  const config = { extends: './tsconfig.json', include: ['calls.ts', '.heady/*.d.ts'] };
  writeFileSync(join(project.root, 'tsconfig.calls.json'), JSON.stringify(config));
  const options = { cwd: project.root, preferLocal: true, localDir: repository, reject: false } as const;
  return (await execa('tsc', ['--noEmit', '-p', 'tsconfig.calls.json'], options)).stdout;
}

it('has right calls pass and every wrong call fail', async () => {
  expect(await check()).toBe('');
});

it('says what docstrings and limits say', () => {
  expect(text()).toContain(
    ' * Takes everything.\n *\n * Ends a comment: * / it does not.\n *\n * Limits: timeout ',
  );
  expect(text()).toContain('Limits: timeout 7s, memory 64MB, output 1MB.');
  expect(text()).toContain('A cat, and what is left of it: * /.');
});

it('says why a function or a worker is not in it', () => {
  expect(text()).toMatch(
    /noForm cannot be called: no_form: parameter 'value' has the hint collections\.abc\.Callable\[\[int\], int\]/,
  );
  expect(text()).toMatch(/Does not load: ModuleNotFoundError.*nothing_of_that_name/);
});

it('is written only when it has changed', async () => {
  const before = statSync(file()).mtimeMs;
  await generate();
  expect(statSync(file()).mtimeMs).toBe(before);
  writeFileSync(join(project.root, 'workers/added_later.py'), 'def one() -> int:\n    return 1\n');
  await generate();
  expect(text()).toContain('"addedLater"');
});
