import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { TestServer } from '../server.ts';

const directory = mkdtempSync(join(tmpdir(), 'data-'));
let server: TestServer;

beforeAll(async () => {
  server = await started();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

async function started(env: Readonly<Record<string, string>> = { HEADY_DATA_DIR: directory }) {
  return TestServer.start({ root: inject('root'), env });
}

interface Step {
  readonly place?: string;
  readonly how: string;
  readonly key?: string;
  readonly value?: unknown;
}

async function send({ place = 'persistent', ...step }: Step, to = server): Promise<Response> {
  return to.fetch('/api/fixtures/entries', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ place, ...step }),
  });
}

async function done(step: Step, by = server): Promise<unknown> {
  const answer = await (await send(step, by)).json();
  return 'result' in answer ? answer.result : answer;
}

describe('an entry', () => {
  it('is what was set, under its own key, until it is removed', async () => {
    await done({ how: 'set', key: 'users:1', value: { name: 'Ann ü' } });
    await done({ how: 'set', key: 'users:2', value: 7 });
    expect(await done({ how: 'get', key: 'users:1' })).toEqual({ name: 'Ann ü' });
    expect(await done({ how: 'get', key: 'users/2' })).toBe(7);
    expect(await done({ how: 'keys', key: 'users' })).toEqual(['users:1', 'users:2']);
    expect(await done({ how: 'meta', key: 'users:2' })).toMatchObject({ size: 1 });
    await done({ how: 'remove', key: 'users:1' });
    expect(await done({ how: 'has', key: 'users:1' })).toBe(false);
    expect(await done({ how: 'get', key: 'users:1' })).toBeNull();
    expect(await done({ how: 'raw', key: 'bytes' })).toEqual([0, 255]);
    await done({ how: 'clear' });
    expect(await done({ how: 'keys' })).toEqual([]);
  });

  it('is a file as well, which says whether it lasts', async () => {
    await done({ how: 'set', key: 'seen', value: 'x' });
    const answer = await server.fetch('/api/files/kv/persistent/seen');
    expect([await answer.text(), answer.headers.get('x-durability')]).toEqual(['x', 'persistent']);
  });

  it('lasts where it is said to, and is another than the one that need not', async () => {
    await done({ how: 'set', key: 'kept', value: 'kept' });
    await done({ place: 'ephemeral', how: 'set', key: 'kept', value: 'not kept' });
    expect(await done({ how: 'get', key: 'kept' })).toBe('kept');
    expect(await done({ place: 'ephemeral', how: 'get', key: 'kept' })).toBe('not kept');
    server.process.kill('SIGKILL');
    await server.process;
    server = await started();
    expect(await done({ how: 'get', key: 'kept' })).toBe('kept');
    expect(await done({ place: 'ephemeral', how: 'get', key: 'kept' })).toBeNull();
  });

  it('is small, and has a key that a file can have', async () => {
    const large = await send({ how: 'set', key: 'large', value: 'x'.repeat(1024 ** 2 + 1) });
    expect([large.status, (await large.json()).code]).toEqual([413, 'payload-too-large']);
    await server.fetch('/api/files/kv/persistent/put', { method: 'PUT', body: 'x'.repeat(1024 ** 2 + 1) });
    expect((await send({ how: 'get', key: 'put' })).status).toBe(413);
    expect((await send({ how: 'set', key: 'con', value: 1 })).status).toBe(422);
  });
});

it('refuses what is to last where nothing does, and what is to be kept nowhere', async () => {
  await using bare = await started({});
  for (const how of ['set', 'get']) {
    const told = await send({ how, key: 'x', value: 1 }, bare);
    expect([told.status, (await told.json()).code]).toEqual([409, 'storage-not-persistent']);
  }
  await done({ place: 'ephemeral', how: 'set', key: 'x', value: 1 }, bare);
  expect(await done({ place: 'ephemeral', how: 'get', key: 'x' }, bare)).toBe(1);
  const nowhere = await send({ place: '', how: 'set', key: 'x', value: 1 }, bare);
  expect([nowhere.status, (await nowhere.json()).traceback]).toEqual([
    500,
    expect.stringContaining("say where it is kept, useStorage('persistent') or useStorage('ephemeral')"),
  ]);
});
