import { hash } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { loadConfig } from '../../lib/config/index.ts';
import { makeProject, type Project } from '../project.ts';
import { TestServer } from '../server.ts';
import { heady } from './command.ts';

let project: Project;

beforeAll(() => {
  project = makeProject();
});
afterAll(() => project[Symbol.dispose]());

/** Where there is no Python at all. */
const withoutPython = { env: { HEADY_PYTHON_BIN: '/nowhere/python', PATH: process.env.PATH } };

async function key(...words: string[]) {
  const { stdout, stderr, exitCode } = await heady(project.root, ['key', ...words], withoutPython);
  return { stdout: String(stdout), stderr: String(stderr), exitCode };
}

describe('a key', () => {
  it('is alone on stdout, has 256 random bits, and is good enough for production', async () => {
    const { stdout, stderr, exitCode } = await key();
    expect([stdout, exitCode]).toEqual([expect.stringMatching(/^heady_[\w-]{43}$/), 0]);
    expect(stderr).toContain('HEADY_API_KEY');
    expect(stderr).not.toContain(stdout);
    expect((await key()).stdout).not.toBe(stdout);
    const production = { NODE_ENV: 'production', HEADY_HF_MOCK: '1', HEADY_API_KEY: stdout };
    expect(loadConfig(production, '.').apiKey).toBe(stdout);
  });

  it('with a name opens what its scopes are for, by its entry', async () => {
    const { stdout, stderr } = await key('--name', 'ci', '--scopes', 'read, files', '--limit=600');
    const entry = stderr.split('\n').at(-1) ?? '';
    expect(JSON.parse(entry)).toEqual({
      name: 'ci',
      sha256: hash('sha256', stdout),
      scopes: ['read', 'files'],
      rateLimit: { max: 600 },
    });
    await using server = await TestServer.start({
      root: inject('root'),
      env: { HEADY_API_KEYS: `[${entry}]` },
    });
    const statusOf = async (path: string) =>
      (await server.fetch(path, { headers: { authorization: `Bearer ${stdout}` } })).status;
    expect([await statusOf('/api/files'), await statusOf('/v1/models')]).toEqual([200, 403]);
  });
});

describe('words', () => {
  it.each([
    [['--scopes', 'read'], '--scopes and --limit are for a key with a name'],
    [['--limit', '5'], '--scopes and --limit are for a key with a name'],
    [['--name', 'ci'], '--scopes: '],
    [['--name', 'ci', '--scopes', 'reed'], '--scopes: expected one of "invoke"|"files"'],
    [['--name', 'a b', '--scopes', 'read'], '--name: expected letters'],
    [['--name', 'primary', '--scopes', 'read'], "--name: the name 'primary' is taken"],
    [['--name', 'ci', '--scopes', 'read', '--limit', 'few'], '--limit: '],
    [['--name', 'ci', '--scopes', 'read', '--limit', '0'], '--limit: '],
    [['--nmae', 'ci'], "There is no option '--nmae'. Did you mean '--name'?"],
    [['ci'], "'ci' is one word too many."],
  ])('that are wrong are told, and no key is made: %j', async (words, message) => {
    const { stdout, stderr, exitCode } = await key(...words);
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 2 });
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});
