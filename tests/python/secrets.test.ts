import { existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { TestServer, waitFor } from '../server.ts';
import { sandboxed } from './sandboxed.ts';

const secret = 'curious-secret-value-0123456789';
const importSecret = 'import-secret-value-0123456789';
const data = mkdtempSync(join(tmpdir(), 'data-'));
const envFile = join(inject('root'), '.env');

/** The names of what every child has in its environment. */
const everyChilds =
  /^(?:HEADY_INFERENCE_(?:TOKEN|URL)|HF_(?:EMBED|TEXT)_MODEL|HOME|LANG|LC_CTYPE|M(?:KL|PL)\w+|OMP_\w+|OPENBLAS_\w+|PATH|PYTHON\w+|SSL_CERT_\w+|TMPDIR|TZ|XDG_CACHE_HOME)$/;

interface Environments {
  readonly python: Record<string, string>;
  readonly libc: string[];
}

function start(env: Record<string, string> = {}): Promise<TestServer> {
  return TestServer.start({
    root: inject('root'),
    env: {
      CURIOUS_KEY: secret,
      CURIOUS_WORD: 'worker',
      IMPORT_KEY: importSecret,
      HF_TOKEN: 'hf_token_of_the_service',
      HEADY_HF_MOCK: '1',
      HEADY_DATA_DIR: data,
      ...env,
    },
  });
}

let server: TestServer;

beforeAll(async () => {
  writeFileSync(envFile, `CURIOUS_KEY=${secret}\n`);
  writeFileSync(join(data, 'record'), secret);
  server = await start();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(envFile);
  rmSync(data, { recursive: true });
});

async function answer<T>(path: string, input = {}, from = server): Promise<T> {
  return from.answer<T>(path, input);
}

describe('a declared secret', () => {
  it('reaches the functions that declare it, in every view of their environment', async () => {
    const { python, libc } = await answer<Environments>('curious/with_secret');
    expect(python.CURIOUS_KEY).toBe(secret);
    expect(libc).toContain(`CURIOUS_KEY=${secret}`);
  });

  it('reaches no other function of the same file', async () => {
    const { python, libc } = await answer<Environments>('curious/without_secret');
    const further = Object.keys(python).filter((name) => !everyChilds.test(name));
    expect(further).toEqual([]);
    expect(JSON.stringify([python, libc])).not.toContain(secret);
  });

  it('is masked in the log and in the error that the caller gets', async () => {
    const response = await server.call('curious/raise_secret');
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain(secret);
    await server.line(({ message }) => message.includes('the key is [CURIOUS_KEY]'));
    expect(server.output).not.toContain(secret);
  });

  it('is masked before what a function says is cut, and in the headers that it sets', async () => {
    const cut = await server.call('curious/raise_secret_late', { after: 4000 - 'ValueError: '.length - 8 });
    expect(await cut.text()).not.toContain(`a${secret.slice(0, 6)}`);
    expect((await server.call('curious/refuse_with_secret')).headers.get('x-why')).toBe('[CURIOUS_KEY]');
  });

  it('is masked in what a function says alone, though it be an ordinary word', async () => {
    const response = await server.call('curious/raise_word');
    expect(await response.json()).toMatchObject({
      code: 'worker-error',
      detail: 'curious.raise_word: ValueError: no good: [CURIOUS_WORD]',
    });
  });

  it('cannot be one of the service itself', async () => {
    const response = await server.call('curious/with_token_of_service');
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({
      code: 'worker-unavailable',
      detail: expect.stringContaining('HF_TOKEN is a secret of the service itself'),
    });
  });

  it('is asked for by name when it is not set', async () => {
    const response = await server.call('curious/with_unset');
    expect(await response.json()).toMatchObject({
      code: 'worker-unavailable',
      detail: expect.stringContaining(
        "NEVER_SET is declared in secrets and not set in the service's environment",
      ),
    });
  });
});

describe.each(['auto', 'off'])('with the sandbox %s, what a worker can read of others', (sandbox) => {
  const directory = join(data, sandbox); // a data directory is one service's
  let other: TestServer;

  beforeAll(async () => {
    mkdirSync(directory);
    writeFileSync(join(directory, 'record'), secret);
    other = await start({ HEADY_PY_SANDBOX: sandbox, HEADY_DATA_DIR: directory });
  });
  afterAll(() => other[Symbol.asyncDispose]());

  it.skipIf(sandbox === 'auto' && !sandboxed)('holds no secret', async () => {
    const holding = other.call('curious/hold_secret', { seconds: 3 });
    await waitFor(() => other.lines.find(({ message }) => message.startsWith('holding')));
    const files = [envFile, join(directory, 'record')];
    const found = await answer<Record<string, string>>('curious/search', { files, needle: secret }, other);
    await holding;
    const children = Object.entries(found).filter(([path]) => /environ$|mem$/.test(path));
    expect(children.length).toBeGreaterThan(4);
    expect(children.filter(([, outcome]) => outcome === 'found')).toEqual([]);
    if (sandbox === 'auto')
      expect(Object.entries(found).filter(([, outcome]) => outcome === 'read')).toEqual([]);
  });
});

describe('a key that is needed when the file is imported', () => {
  it('is there when the file asks for it', async () => {
    expect(await answer('key_at_import/key')).toBe([...importSecret].toReversed().join(''));
  });

  it('is named, with the two ways out, when it does not', async () => {
    const response = await server.call('key_wanted_at_import/ask');
    const { code, detail } = (await response.json()) as { code: string; detail: string };
    expect(code).toBe('worker-unavailable');
    expect(detail).toContain('CLIENT_API_KEY is not there while the file is imported');
    expect(detail).toContain('@heady.after_fork');
    expect(detail).toContain('secrets_at_import=["CLIENT_API_KEY"]');
  });

  it('is looked for in no call: the environment is an ordinary one by then', async () => {
    expect(await answer('curious/type_of_environment')).toBe('os._Environ');
  });
});

describe('hooks around the fork', () => {
  it('make what each process needs for itself, with its own secrets', async () => {
    const calls = [1, 2, 3].map(() =>
      answer<{ reversed: string; own: boolean; forks: number }>('hooked/with_client'),
    );
    const made = await Promise.all(calls);
    for (const { reversed, own } of made)
      expect({ reversed, own }).toEqual({ reversed: [...secret].toReversed().join(''), own: true });
    expect(new Set(made.map(({ forks }) => forks)).size).toBe(3);
    expect(await answer('hooked/without_key')).toBe('none');
  });

  it.each([
    ['hook_exits/call', 'its process ended with exit status 3 before it was ready'],
    ['hook_fails/call', 'ConnectionError: the database is away'],
    ['hook_fails_before_fork/call', 'ConnectionError: the pool cannot be drained'],
    ['hook_hangs/call', 'TimeoutError: connect took longer than 5 s'],
  ])('of %s that do not come to their end make it unavailable', async (path, reason) => {
    const response = await server.call(path);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({
      code: 'worker-unavailable',
      detail: expect.stringContaining(reason),
    });
    await expect
      .poll(async () => (await server.fetch('/api/health')).json())
      .toMatchObject({ checks: { python: { running: 0, queued: 0 } } });
  });

  it('cannot have the service remove a folder', async () => {
    const folder = '/tmp/heady-test-not-to-be-removed';
    mkdirSync(folder, { recursive: true });
    expect(await answer('forges_an_end/call')).toBe(1);
    expect(await answer('forges_an_end/call')).toBe(1);
    await delay(200);
    expect(existsSync(folder)).toBe(true);
    rmdirSync(folder);
  });
});
