import { readdirSync, readlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { workers } from '#workers';

import { TestServer, waitFor } from '../server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start({ root: inject('root') });
});
afterAll(() => server[Symbol.asyncDispose]());

/** A route calls a function, by the name of the case, and answers with what it comes to. */
async function route(name: string, init: RequestInit = {}): Promise<Response> {
  return server.fetch(`/api/fixtures/workers/${name}`, { method: 'POST', ...init });
}

async function outcome(fits: (line: Readonly<Record<string, unknown>>) => boolean): Promise<unknown> {
  return (await server.line((line) => line.message === 'invocation' && fits(line))).outcome;
}

/** What files are on their way to a call. */
function uploads(): string[] {
  const run = readdirSync(tmpdir()).find((name) => name.startsWith(`heady-${server.pid}-`)) ?? '';
  return readdirSync(join(tmpdir(), run)).filter((name) => name.startsWith('upload-'));
}

describe('a function that a route calls', () => {
  it.each([
    ['value', 1],
    ['camelCase', [0, 1, 2]],
    ['list', [0, 1, 2]],
    ['items', [0, 1, 2]],
    ['failing', [0, 1, 'worker-error']],
    ['catch', ['worker-not-found']],
  ])('comes to what it returns (%s)', async (name, value) => {
    expect(await (await route(name)).json()).toEqual(value);
  });

  it.each([
    ['worker', 404, { code: 'worker-not-found', detail: expect.stringContaining("'streams'") }],
    ['function', 404, { code: 'worker-not-found', detail: expect.stringContaining("'plain'") }],
    ['input', 422, { code: 'invalid-input', errors: [{ pointer: '/to' }] }],
    ['twice', 500, { traceback: expect.stringContaining('can be read once') }],
    ['storedInVain', 422, { detail: expect.stringContaining('files.digest returns no file') }],
    ['storedToLast', 409, { code: 'storage-not-persistent' }],
    ['absent', 422, { errors: [{ pointer: '/file', detail: expect.stringContaining("'absent'") }] }],
    ['nested', 500, { traceback: expect.stringContaining('a file is an argument of its own') }],
    ['noGenerator', 500, { code: 'internal-error', traceback: expect.stringContaining('no generator') }],
  ])('has its errors for the answer (%s)', async (name, status, problem) => {
    const response = await route(name);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject(problem);
  });

  it('has the id of the request', async () => {
    await route('value', { headers: { 'x-request-id': 'of-the-request' } });
    expect(await outcome(({ requestId }) => requestId === 'of-the-request')).toBe('ok');
  });

  it('may be called while the response is streamed', async () => {
    const response = await server.fetch('/api/fixtures/streamed-calls');
    expect(await response.text()).toBe('[0]\n[0,1]\n[0,1,2]\n');
  });

  it('ends with the loop over its items', async () => {
    expect(await (await route('left')).json()).toEqual(['left']);
    await server.line(({ message }) => message === 'tidied left');
  });

  it('ends when the caller goes away', async () => {
    const headers = { 'x-request-id': 'caller-gone' };
    await expect(route('slow', { headers, signal: AbortSignal.timeout(500) })).rejects.toThrow('timeout');
    expect(await outcome(({ requestId }) => requestId === 'caller-gone')).toBe('canceled');
  });

  it('ends with its request, though nobody reads what it yields', async () => {
    const headers = { 'x-request-id': 'forgotten' };
    expect(await (await route('forgotten', { headers })).json()).toEqual(['answered']);
    expect(await outcome(({ requestId }) => requestId === 'forgotten')).toBe('canceled');
  });

  it('has its file closed with its request, though nobody reads it', async () => {
    expect(await (await route('unread')).json()).toEqual(['x']);
    const deleted = () =>
      readdirSync(`/proc/${server.pid}/fd`).filter((fd) => {
        try {
          return readlinkSync(`/proc/${server.pid}/fd/${fd}`).includes('/base-');
        } catch {
          return false; // closed meanwhile
        }
      });
    await waitFor(() => deleted().length === 0 || undefined);
  });

  it('ends by a signal of its own', async () => {
    await route('aborted', { headers: { 'x-request-id': 'aborted' } });
    expect(await outcome(({ requestId }) => requestId === 'aborted')).toBe('canceled');
  });

  it('takes the keys of stored files, and stores what it returns', async () => {
    expect(await (await route('stored')).json()).toMatchObject([
      { key: 'hi.txt', bytes: 2, durability: 'ephemeral', etag: expect.any(String) },
      { key: 'loud.txt', bytes: 2, modifiedAt: expect.any(Number) },
      ['c.txt: sent', 'loud.txt: HI'],
    ]);
    expect(await (await server.fetch('/api/files/loud.txt')).text()).toBe('HI');
    expect((await route('storedIfNone')).status).toBe(412);
    expect(await (await server.fetch('/api/files/hi.txt')).text()).toBe('Hi');
    expect(uploads()).toEqual([]);
  });

  it('takes blobs as files, and returns files', async () => {
    expect(await (await route('file')).json()).toMatchObject({
      name: 'greeting.txt',
      type: 'text/plain',
      size: 5,
      suffix: '.txt',
    });
    expect(await (await route('oddTypes')).json()).toEqual([
      "text/x'y",
      'text/plain; charset="a;b"',
      ...Array<string>(3).fill('application/octet-stream'), // what is no media type
    ]);
    expect(await (await route('files')).json()).toMatchObject({
      title: 't',
      count: 7,
      files: ['a.txt: a', 'file: b'],
    });
    expect(await (await route('returned')).json()).toEqual({ name: 'x.txt', text: 'made' });
    expect(uploads()).toEqual([]);
  });
});

it('says where it can be called from, where it cannot', () => {
  const untyped = workers as unknown as Record<string, Record<string, () => unknown>>;
  expect(() => untyped.processData?.qa?.()).toThrow(
    'workers.processData.qa was called while no request was served',
  );
});
