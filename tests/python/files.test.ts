import { readFileSync, readlinkSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { TestServer, waitFor } from '../server.ts';
import { sandboxed } from './sandboxed.ts';

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start({ root: inject('root') });
});
afterAll(() => server[Symbol.asyncDispose]());

const source = readFileSync(join(inject('root'), 'workers/files.py'), 'utf8');

/** Files below the service's run directories that the server has open. */
function openFiles(): string[] {
  const folder = `/proc/${server.pid}/fd`;
  return readdirSync(folder)
    .map((fd) => {
      try {
        return readlinkSync(join(folder, fd));
      } catch {
        return '';
      }
    })
    .filter((path) => path.includes('/base-'));
}

describe('a returned file', () => {
  it('is streamed with its type, its name and its length', async () => {
    const response = await server.call('files/made', { name: 'grüße.csv', text: 'a,b\n' });
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/csv',
      'content-length': '4',
      'content-disposition': `attachment; filename="gr??e.csv"; filename*=UTF-8''gr%C3%BC%C3%9Fe.csv`,
      'x-content-type-options': 'nosniff',
    });
    expect(await response.text()).toBe('a,b\n');
    await waitFor(() => openFiles().length === 0 || undefined);
  });

  it('may be empty, and of a type that the function names', async () => {
    const response = await server.call('files/made', {
      name: 'x',
      text: '',
      kind: 'image/svg+xml; charset=utf-8',
    });
    expect(response.headers.get('content-type')).toBe('image/svg+xml; charset=utf-8');
    expect(await response.text()).toBe('');
  });

  it('may lie where the function can read it', async () => {
    const response = await server.call('files/from_elsewhere');
    expect(response.headers.get('content-disposition')).toBe('attachment; filename=files.py');
    expect(await response.text()).toBe(source);
  });

  it('of a process that serves many calls is no longer in its directory', async () => {
    for (const text of ['one', 'two'])
      expect(await (await server.call('files/reused', { text })).text()).toBe(source);
    expect(await server.answer('files/left')).toEqual([]);
  });

  it('is large and read slowly, after its process has ended', async () => {
    const text = 'x'.repeat(1_900_000);
    const response = await server.call('files/made', { name: 'x', text });
    await server.line(({ message, function: name, bytesOut }) => {
      return message === 'invocation' && name === 'made' && bytesOut === text.length;
    });
    expect((await response.text()).length).toBe(text.length);
  });

  it('that nobody reads is closed', async () => {
    const controller = new AbortController();
    const text = 'x'.repeat(1_900_000);
    await server.call('files/made', { name: 'x', text }, { signal: controller.signal });
    controller.abort();
    await waitFor(() => openFiles().length === 0 || undefined);
  });

  it.each([
    ['gone', {}, /FileNotFoundError.*'not-there'/],
    ['folder', {}, /FileNotFoundError.*'folder' is not there, or is none/],
    ['pipe', {}, /FileNotFoundError.*'pipe'/],
    ['within', {}, /the file 'made' can only be returned by itself/],
    ['not_a_file', {}, /not of the return type/],
    ['header', { kind: 'text/html\r\nx-evil: 1' }, /media type/],
  ])('of %s is none, and says why', async (name, input, detail) => {
    const response = await server.call(`files/${name}`, input);
    expect(await response.json()).toMatchObject({
      code: 'worker-error',
      detail: expect.stringMatching(detail),
    });
    expect(response.headers.get('x-evil')).toBeNull();
  });

  it('has a name without line ends', async () => {
    const response = await server.call('files/header', { kind: 'text/html' });
    expect(response.headers.get('x-evil')).toBeNull();
    expect(response.headers.get('content-disposition')).not.toMatch(/[\r\n]/);
  });

  it.runIf(sandboxed).each(['secret', 'link'])(
    'is none that the function must not read (%s)',
    async (name) => {
      const response = await server.call(`files/${name}`, { path: `/proc/${server.pid}/environ` });
      expect(await response.json()).toMatchObject({ code: 'worker-error' });
    },
  );
});
