import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { memoryOf } from '../../bench/processes.ts';
import { leftFiles } from '../left-files.ts';
import { build, makeProject, type Project, repository } from '../project.ts';
import { TestServer, waitFor } from '../server.ts';

const megabyte = 1024 ** 2;
const directory = mkdtempSync(join(tmpdir(), 'data-'));

let project: Project;
let server: TestServer;

beforeAll(async () => {
  project = makeProject(join(repository, 'tests/functions/project'));
  await build(project.root);
  server = await TestServer.start({ root: project.root, env: { HEADY_DATA_DIR: directory } });
  await put('notes/größe.txt', 'hello', 'text/x-note');
  await put('b.txt', 'two', 'text/plain');
  await put('large', Buffer.alloc(300 * megabyte));
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  project[Symbol.dispose]();
  rmSync(directory, { recursive: true });
});

async function put(path: string, body: BodyInit, type = 'application/octet-stream'): Promise<void> {
  const init = { method: 'PUT', body, headers: { 'content-type': type }, duplex: 'half' };
  const response = await server.fetch(`/api/files/${path}`, init as RequestInit);
  if (!response.ok) throw new Error(await response.text());
}

async function text(key: string): Promise<string> {
  return (await server.fetch(`/api/files/${key}`)).text();
}

async function form(path: string, parts: readonly (readonly [string, string | Blob])[]): Promise<Response> {
  const body = new FormData();
  for (const [field, value] of parts) body.append(field, value);
  return server.fetch(path, { method: 'POST', body });
}

/** Status and problem. */
async function outcome(response: Promise<Response>): Promise<unknown[]> {
  const answer = await response;
  return [answer.status, await answer.json()];
}

const key = 'notes/größe.txt';

describe('the key of a stored file', () => {
  it('is a file in JSON, beside arguments that are JSON all the same', async () => {
    const input = { file: key, mark: 'notes/größe.txt', seal: Buffer.from('base64').toString('base64') };
    expect(await server.answer('keys/told', input)).toEqual({
      name: 'größe.txt',
      type: 'text/x-note',
      text: 'hello',
      mark: key,
      seal: 'base64',
    });
  });

  it('is a file in a form, as a part without a file name', async () => {
    const response = await form('/api/workers/keys/told', [
      ['file', key],
      ['mark', '?'],
    ]);
    expect(await response.json()).toMatchObject({ name: 'größe.txt', text: 'hello', mark: '?' });
  });

  it('may be left out, or be null, where the file is optional', async () => {
    expect(await server.answer('keys/optional', { file: 'b.txt' })).toBe('two');
    expect(await server.answer('keys/optional', { file: null })).toBeNull();
    expect(await server.answer('keys/optional')).toBeNull();
  });

  it('may be one of several, twice, and among files that are sent', async () => {
    const texts = ['größe.txt: hello', 'b.txt: two', 'b.txt: two'];
    expect(await server.answer('keys/several', { files: [key, 'b.txt', 'b.txt'] })).toEqual(texts);
    const response = await form('/api/workers/keys/several', [
      ['files', 'b.txt'],
      ['files', new File(['sent'], 'c.txt')],
      ['files', key],
    ]);
    expect(((await response.json()) as string[]).toSorted()).toEqual([
      'b.txt: two',
      'c.txt: sent',
      'größe.txt: hello',
    ]);
  });

  it('stays a text where the hint takes one', async () => {
    const input = { given: 'b.txt', other: 'b.txt' };
    expect(await server.answer('keys/either', input)).toEqual(['text b.txt', 'b.txt']);
    const file = new File(['x'], 'sent.txt');
    const parts = [
      ['given', file],
      ['other', 'b.txt'],
    ] as const;
    expect(await (await form('/api/workers/keys/either', parts)).json()).toEqual(['file sent.txt', 'b.txt']);
  });

  it('is looked up where the file is kept', async () => {
    await put('passing?durability=ephemeral', 'not for long');
    expect(await server.answer('keys/optional', { file: 'passing' })).toBe('not for long');
  });

  it('of an endpoint in Python comes by its body, its query or its form as well', async () => {
    const path = '/api/py/thumb';
    const json = { 'content-type': 'application/json' };
    for (const response of [
      server.fetch(`${path}?photo=b.txt&size=3`),
      server.fetch(path, { method: 'POST', body: '{"photo": "b.txt", "size": 3}', headers: json }),
      server.fetch(`${path}?size=3`, { method: 'POST', body: '{"photo": "b.txt"}', headers: json }),
      server.fetch(path, { method: 'POST', body: new URLSearchParams({ photo: 'b.txt', size: '3' }) }),
      form(`${path}?size=3`, [['photo', 'b.txt']]),
    ])
      expect(await (await response).text()).toBe('b.txt two 3');
  });

  it.each([
    ['{"file": "absent.txt"}', '/file', expect.stringContaining("There is no stored file 'absent.txt'.")],
    ['{"file": "../b.txt"}', '/file', expect.stringContaining("the part '..'")],
    ['{"file": "/etc/passwd"}', '/file', expect.stringContaining('slash')],
    ['{"file": ""}', '/file', expect.stringContaining('empty')],
    ['{"file": "\\ud800"}', '/file', expect.stringContaining('well-formed')],
    ['{"file": {"path": "b.txt"}}', '/file', expect.stringContaining('or give the key of a stored file')],
    ['{"file": ["b.txt"]}', '/file', expect.stringContaining('a file is wanted')],
    ['{"files": "b.txt"}', '/file', 'Field required'],
  ])('that is none is named: %s', async (body, pointer, detail) => {
    const response = server.fetch('/api/workers/keys/told', {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    });
    expect(await outcome(response)).toMatchObject([
      422,
      { code: 'invalid-input', errors: expect.arrayContaining([{ pointer, detail }]) },
    ]);
  });

  it('is named among others, each that is none', async () => {
    const asked = server.call('keys/several', { files: ['absent', 'b.txt', 'a//b'] });
    expect(await outcome(asked)).toMatchObject([
      422,
      { errors: [{ pointer: '/files/0' }, { pointer: '/files/2', detail: expect.stringMatching(/slash/) }] },
    ]);
    const many = server.call('keys/several', { files: Array.from({ length: 1001 }, () => 'b.txt') });
    expect(await outcome(many)).toMatchObject([422, { detail: expect.stringContaining('1000') }]);
    const query = server.fetch('/api/py/thumb?photo=absent');
    expect(await outcome(query)).toMatchObject([422, { errors: [{ pointer: '/query/photo' }] }]);
  });

  it('is no more than a text where the body is no JSON', async () => {
    const headers = { 'content-type': 'application/json' };
    const init = { method: 'POST', body: '{"file": "b.txt", ', headers };
    expect((await outcome(server.fetch('/api/workers/keys/told', init)))[0]).toBe(400);
  });
});

describe('who has no key of the service', () => {
  const path = '/api/py/thumb';
  const post = async (body: BodyInit, type?: string) =>
    fetch(`${server.url}${path}`, { method: 'POST', body, headers: type ? { 'content-type': type } : {} });

  it.each([
    ['in the query', async (name: string) => fetch(`${server.url}${path}?photo=${name}`)],
    ['in the body', async (name: string) => post(JSON.stringify({ photo: name }), 'application/json')],
    ['in a form', async (name: string) => post(new URLSearchParams({ photo: name }))],
  ])('names no stored file %s, nor learns whether there is one', async (_, ask) => {
    for (const name of ['b.txt', 'absent'])
      expect(await outcome(ask(name))).toMatchObject([
        422,
        { errors: [{ detail: expect.stringMatching(/^a file is wanted/) }] },
      ]);
  });

  it('sends a file, all the same', async () => {
    const body = new FormData();
    body.append('photo', new File(['mine'], 'm.png'));
    expect(await (await post(body)).text()).toBe('m.png mine 1');
  });
});

describe('the file that a function is given by its key', () => {
  it('is a copy: what the function writes to it is not in the store', async () => {
    expect(await server.answer('keys/scribble', { file: 'b.txt' })).toBe('two scribbled');
    expect(await text('b.txt')).toBe('two');
    expect(await server.answer('keys/scribble', { file: 'b.txt' })).toBe('two scribbled');
  });

  it('is at most as large as the function’s disk, and counts towards nothing that it keeps beside', async () => {
    await put('fits', randomBytes(megabyte));
    await put('does-not', randomBytes(megabyte + 1));
    expect(await server.answer('keys/small', { file: 'fits', more: 900_000 })).toBe(megabyte);
    expect(await outcome(server.call('keys/small', { file: 'does-not' }))).toMatchObject([
      502,
      { code: 'worker-disk-exceeded', limit: '1MB', detail: expect.stringContaining('small has 1MB') },
    ]);
    const line = await server.line(
      ({ message, outcome: ended }) => message === 'invocation' && ended === 'worker-disk-exceeded',
    );
    expect(line).toMatchObject({ function: 'small', runMs: 0 });
  });

  it('is the one that was there when the call came, or the call fails', async () => {
    await put('passing-by', 'first');
    const before = server.call('keys/slow');
    await waitFor(async () => {
      const { checks } = (await (await server.fetch('/api/health')).json()) as Health;
      return checks.python.running === 1;
    });
    const waiting = outcome(server.call('keys/slow', { file: 'passing-by' }));
    await waitFor(async () => {
      const { checks } = (await (await server.fetch('/api/health')).json()) as Health;
      return checks.python.queued === 1;
    });
    await put('passing-by', 'second');
    expect(await waiting).toMatchObject([412, { code: 'precondition-failed' }]);
    expect((await before).status).toBe(200);
    expect(await server.answer('keys/slow', { file: 'passing-by' })).toBe('second');
  });

  it('passes through nobody’s memory', async () => {
    const before = memoryOf(server.pid).rssBytes;
    let most = 0;
    const sampling = setInterval(() => (most = Math.max(most, memoryOf(server.pid).rssBytes)), 20);
    const bytes = await server.answer('keys/large', { file: 'large' }).finally(() => clearInterval(sampling));
    expect(bytes).toBe(300 * megabyte);
    expect(most - before).toBeLessThan(100 * megabyte);
    await waitFor(() => leftFiles(server).length === 0 || undefined);
  });

  it.each([
    ['the caller leaves', 'large', 'canceled', 'AbortError'],
    ['the time is over', 'hasty', 'worker-timeout', undefined],
  ])('is gone where %s while it is copied', async (_, name, ending, thrown) => {
    const leaving = new AbortController();
    const call = server.call(`keys/${name}`, { file: 'large' }, { signal: leaving.signal });
    const told = call.then((response) => response.json()).catch((error: Error) => error);
    await waitFor(() => leftFiles(server).length > 0 || undefined);
    if (thrown) leaving.abort();
    expect(await told).toMatchObject(thrown ? { name: thrown } : { code: ending });
    await server.line(
      (line) => line.message === 'invocation' && line.function === name && line.outcome === ending,
    );
    expect(leftFiles(server)).toEqual([]);
  });
});

interface Health {
  readonly checks: { readonly python: { readonly running: number; readonly queued: number } };
}
