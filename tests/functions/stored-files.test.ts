import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
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
  server = await TestServer.start({
    root: project.root,
    env: { HEADY_DATA_DIR: directory, HEADY_STORAGE_QUOTA: '400MB' },
  });
  await put('notes/größe.txt', 'hello', 'text/x-note');
  await put('b.txt', 'two', 'text/plain');
  await put('large', Buffer.alloc(150 * megabyte));
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
    await server.line(
      ({ message, detail }) => message === 'invocation' && /was replaced/.test(String(detail)),
    );
    expect((await before).status).toBe(200);
    expect(await server.answer('keys/slow', { file: 'passing-by' })).toBe('second');
  });

  it('passes through nobody’s memory', async () => {
    const before = memoryOf(server.pid).rssBytes;
    let most = 0;
    const sampling = setInterval(() => (most = Math.max(most, memoryOf(server.pid).rssBytes)), 20);
    const bytes = await server.answer('keys/large', { file: 'large' }).finally(() => clearInterval(sampling));
    expect(bytes).toBe(150 * megabyte);
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

describe('a returned file', () => {
  async function store(path: string, input: object, headers: Readonly<Record<string, string>> = {}) {
    const json = { 'content-type': 'application/json' };
    return server.call(path, input, { headers: { ...json, ...headers } });
  }

  it('is stored under the key that the caller names, and answered as a PUT is', async () => {
    const response = await store('keys/loud?store=made/größe%202.txt', { file: 'b.txt' });
    expect([response.status, await response.json()]).toEqual([
      201,
      {
        key: 'made/größe 2.txt',
        bytes: 4,
        etag: response.headers.get('etag')?.slice(1, -1),
        type: 'text/plain',
        modifiedAt: expect.stringMatching(/Z$/),
        durability: 'persistent',
        metadata: {},
      },
    ]);
    const location = response.headers.get('location') ?? '';
    expect(location).toBe('/api/files/made/gr%C3%B6%C3%9Fe%202.txt');
    expect(response.headers.get('server-timing')).toMatch(/^queue;dur=.*, python;dur=/);
    expect(await (await server.fetch(location)).text()).toBe('TWO!');
  });

  it('replaces the one that is there, where that is as the conditions say', async () => {
    const first = await store('keys/loud?store=kept', { file: 'b.txt' }, { 'if-none-match': '*' });
    const etag = first.headers.get('etag') ?? '';
    const input = { file: 'b.txt', mark: '?' };
    expect((await store('keys/loud?store=kept', input, { 'if-none-match': '*' })).status).toBe(412);
    expect((await store('keys/loud?store=kept', input, { 'if-match': '"another"' })).status).toBe(412);
    expect(await text('kept')).toBe('TWO!');
    expect((await store('keys/loud?store=kept', input, { 'if-match': etag })).status).toBe(200);
    expect(await text('kept')).toBe('TWO?');
  });

  it('is kept where it is asked for', async () => {
    const response = await store('keys/loud?store=brief&durability=ephemeral', { file: 'b.txt' });
    expect(await response.json()).toMatchObject({ durability: 'ephemeral' });
    await using bare = await TestServer.start({ root: project.root });
    const asked = bare.call('keys/vast?store=x&durability=persistent', { megabytes: 1 });
    expect(await outcome(asked)).toMatchObject([409, { code: 'storage-not-persistent' }]);
    expect(bare.lines.some(({ message }) => message === 'invocation')).toBe(false); // it was not called for that
  });

  it('passes through nobody’s memory on its way', async () => {
    const before = memoryOf(server.pid).rssBytes;
    let most = 0;
    const sampling = setInterval(() => (most = Math.max(most, memoryOf(server.pid).rssBytes)), 20);
    const response = await store('keys/vast?store=vast', { megabytes: 200 }).finally(() =>
      clearInterval(sampling),
    );
    expect(await response.json()).toMatchObject({ bytes: 200 * megabyte });
    expect(most - before).toBeLessThan(100 * megabyte);
    await waitFor(() => leftFiles(server).length === 0 || undefined);
  });

  it('for which there is no room is not stored, and leaves nothing', async () => {
    const full = await store('keys/vast?store=full', { megabytes: 251 });
    expect([full.status, (await full.json()).code]).toEqual([507, 'storage-full']);
    expect((await server.fetch('/api/files/full')).status).toBe(404);
    await waitFor(() => leftFiles(server).length === 0 || undefined);
    await waitFor(() => openFiles(server.pid).length === 0 || undefined);
  });

  it.each([
    ['keys/text?store=x', { text: 'x' }, 'returns no file'],
    ['keys/maybe?store=x', {}, 'returns no file'],
    ['keys/several?store=x', { files: ['b.txt'] }, 'returns no file'],
    ['keys/loud?store=', { file: 'b.txt' }, 'is empty'],
    ['keys/loud?store=../x', { file: 'b.txt' }, "the part '..'"],
    ['keys/loud?store=x&store=y', { file: 'b.txt' }, 'invalid field'],
    ['keys/loud?store=x&durability=long', { file: 'b.txt' }, 'invalid field'],
    ['keys/loud?store=x&mark=y', { file: 'b.txt' }, 'go in the body'],
    ['keys/loud?durability=ephemeral', { file: 'b.txt' }, 'go in the body'],
  ])('is refused before the function runs: %s', async (path, input, detail) => {
    const count = () => server.lines.filter(({ message }) => message === 'invocation').length;
    const before = count();
    const response = store(path, input);
    expect(await outcome(response)).toMatchObject([422, { detail: expect.stringContaining(detail) }]);
    expect(count()).toBe(before);
    expect((await server.fetch('/api/files/x')).status).toBe(404);
  });

  it('of an endpoint in Python is its answer, whatever its query says', async () => {
    const response = await server.fetch('/api/py/report?store=x');
    expect((await response.json()).errors).toMatchObject([{ pointer: '/query/store' }]);
  });
});

/** Files of calls that the server has open. */
function openFiles(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).flatMap((fd) => {
    try {
      const path = readlinkSync(join(folder, fd));
      return path.includes('/base-') ? [path] : [];
    } catch {
      return []; // closed meanwhile
    }
  });
}

interface Health {
  readonly checks: { readonly python: { readonly running: number; readonly queued: number } };
}
