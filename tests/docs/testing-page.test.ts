import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { makeProject, type Project, repository } from '../project.ts';

const page = readFileSync(join(repository, 'docs/testing.md'), 'utf8');
const files = [...page.matchAll(/^```python\n# (?<path>\S+)\n(?<text>.*?)^```$/gms)];
const commands = [...page.matchAll(/^ {4}(?<command>\S.*)$/gm)]
  .map(({ groups }) => groups?.command ?? '')
  .filter((line) => /^(?:npm|\.venv)/.test(line));

let project: Project;

beforeAll(() => {
  project = makeProject();
  cpSync(join(repository, 'pyproject.toml'), join(project.root, 'pyproject.toml'));
  for (const { groups } of files) {
    const path = join(project.root, groups?.path ?? '');
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, groups?.text ?? '');
  }
});
afterAll(() => project[Symbol.dispose]());

it('has no block but files and two commands', () => {
  expect(page.split('```').length - 1).toBe(2 * files.length);
  expect(commands.map((command) => command.split(' ', 1)[0])).toEqual(['.venv/bin/python', 'npm']);
});

it('has tests that pass as they stand', async () => {
  const env = { PYTEST_ADDOPTS: '' }; // a report that CI asks for is of the other tests
  const { stdout } = await execa('sh', ['-c', commands[0] ?? ''], { cwd: project.root, env });
  expect(stdout).toMatch(/= 6 passed in/);
});

it('has a command that runs the function as it stands', async () => {
  const { stdout } = await execa('sh', ['-c', commands[1] ?? ''], { cwd: project.root });
  expect(stdout).toContain('"Hello Ann, from greet"');
});
