import { existsSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { makeProject, type Project } from '../project.ts';

let project: Project;

beforeAll(() => {
  project = makeProject();
  rmSync(join(project.root, '.venv')); // the link to the repository's own
  setRequirements('# nothing');
});
afterAll(() => project[Symbol.dispose]());

/** Sets the text of the requirements; what it names must be on this machine, as the tests use no registry. */
function setRequirements(text: string): void {
  writeFileSync(join(project.root, 'requirements.txt'), `${text}\n`);
}

async function run(env: Readonly<Record<string, string>> = {}) {
  const words = ['lib/dev/venv.ts', 'requirements.txt'];
  return execa('node', words, { cwd: project.root, env, all: true, reject: false });
}

function installedAt(): number {
  return statSync(join(project.root, '.venv/.requirements.txt.sha256')).mtimeMs;
}

describe('the virtual environment', () => {
  it('is not made when the user has named an interpreter', async () => {
    expect(await run({ HEADY_PYTHON_BIN: '/usr/bin/python3' })).toMatchObject({ exitCode: 0, all: '' });
    expect(existsSync(join(project.root, '.venv'))).toBe(false);
  });

  it('is made where there is none', async () => {
    const { all } = await run();
    expect(all).toMatch(/^Making \.venv with python\S+ …\nInstalling requirements\.txt into \.venv …/);
    const python = join(project.root, '.venv/bin/python');
    const { stdout } = await execa(python, ['-c', 'import sys; print(sys.prefix)']);
    expect(stdout).toBe(join(project.root, '.venv'));
  });

  it('is left alone while the requirements are the same', async () => {
    const before = installedAt();
    expect(await run()).toMatchObject({ exitCode: 0, all: '' });
    expect(installedAt()).toBe(before);
  });

  it('is installed into again when they have changed', async () => {
    const before = installedAt();
    setRequirements('# still nothing');
    expect((await run()).all).toMatch(/^Installing requirements\.txt into \.venv …/);
    expect(installedAt()).toBeGreaterThan(before);
    expect((await run()).all).toBe('');
  });

  it('is installed into again after pip has failed, which is told in one line', async () => {
    setRequirements('./nowhere');
    const { exitCode, stderr, all } = await run();
    expect(exitCode).toBe(1);
    expect(stderr.split('\n').at(-1)).toBe(
      'pip could not install requirements.txt into .venv: see its message above.',
    );
    expect(all).not.toMatch(/^\s+at /m);
    expect((await run()).exitCode).toBe(1);
    setRequirements('# nothing again');
    expect(await run()).toMatchObject({ exitCode: 0, all: expect.stringMatching(/^Installing/) });
  });
});
