import { hash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { TestServer, waitFor } from '../server.ts';
import { sandboxed } from './sandboxed.ts';

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start({ root: inject('root') });
});
afterAll(() => server[Symbol.asyncDispose]());

/** Sends a form. */
async function form(name: string, parts: readonly (readonly [string, string | Blob])[]): Promise<Response> {
  const body = new FormData();
  for (const [field, value] of parts) body.append(field, value);
  return server.fetch(`/api/workers/files/${name}`, { method: 'POST', body });
}

const textFile = (content: string, name: string) => new File([content], name, { type: 'text/plain' });

const source = readFileSync(join(inject('root'), 'workers/files.py'), 'utf8');

function runDirectory(): string[] {
  const run = readdirSync(tmpdir()).find((name) => name.startsWith(`heady-${server.pid}-`)) ?? '';
  return readdirSync(join(tmpdir(), run));
}

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
    ['replaced', {}, /^files\.replaced: the returned file 'report\.csv' is gone/],
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

  it.each([
    [`${'x'.repeat(300)}.csv`, `${'x'.repeat(251)}.csv`],
    [`x.${'y'.repeat(300)}`, `x.${'y'.repeat(253)}`],
    ['..', 'file'],
    ['.', 'file'],
    ['a/..', 'file'],
    ['.csv', '.csv'],
  ])('has a name that a file can have: %s', async (name, kept) => {
    const response = await server.call('files/made', { name, text: '' });
    expect(response.headers.get('content-disposition')?.replaceAll('"', '')).toBe(
      `attachment; filename=${kept}`,
    );
  });

  it('is sent where its name is no UTF-8', async () => {
    const response = await server.call('files/undecodable');
    expect(response.headers.get('content-disposition')).toContain("filename*=UTF-8''caf%EF%BF%BD.txt");
    expect(await response.text()).toBe('au lait');
  });

  it.each(['text/plain; x="a\\"; b"; y=1', 'text/plain;charset=utf-8;', 'a/b ; x=1'])(
    'may have parameters of its type: %s',
    async (kind) => {
      const response = await server.call('files/made', { name: 'x', text: '', kind });
      expect(response.headers.get('content-type')).toBe(kind);
    },
  );

  it.each([
    'text',
    'text/',
    'text/plain; x="',
    'text/plain; x="a"b',
    'text/plain; x',
    'text/plain; x=',
    'text/plain; x = 1',
    'text/plain; x="ü"',
    `text/plain${'; '.repeat(100)}x`,
    `text/plain; x=${'y'.repeat(300)}`,
  ])('is refused with a type that is none: %s', async (kind) => {
    const response = await server.call('files/made', { name: 'x', text: '', kind });
    expect(await response.json()).toMatchObject({ detail: expect.stringContaining('is no media type') });
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

describe('a given file', () => {
  it('is there by path and stream, with its name and its type', async () => {
    const bytes = randomBytes(3_000_000);
    const photo = new File([bytes], '../grüße.JPG', { type: 'image/jpeg' });
    const sha256 = hash('sha256', bytes, 'hex');
    expect(await (await form('digest', [['file', photo]])).json()).toEqual({
      name: 'grüße.JPG',
      type: 'image/jpeg',
      size: bytes.length,
      sha256,
      suffix: '.JPG',
    });
  });

  it('is just bytes where its type is none', async () => {
    const file = new File(['x'], 'a', { type: 'text/plain; x="' });
    expect(await (await form('digest', [['file', file]])).json()).toMatchObject({
      type: 'application/octet-stream',
    });
  });

  it('may be one of several, beside texts that become what their hints say', async () => {
    const response = await form('many', [
      ['title', 'T'],
      ['files', textFile('one', 'a.txt')],
      ['count', '3'],
      ['files', textFile('two', 'b.txt')],
      ['tags', 'x'],
    ]);
    const { cwd, ...rest } = (await response.json()) as { cwd: string[] };
    expect(rest).toEqual({ title: 'T', count: 3, tags: ['x'], files: ['a.txt: one', 'b.txt: two'] });
    expect(cwd).toHaveLength(2);
  });

  it('may be left out where it is optional, and JSON may come as a text', async () => {
    expect(await (await form('optional', [['options', '{"width": 3}']])).json()).toBe('3 None');
  });

  it('comes beside texts that are JSON, or numbers, where the hint takes no others', async () => {
    const texts = [
      ['options', '{"width": 3}'],
      ['scale', '2'],
    ] as const;
    expect(await (await form('sized', texts)).json()).toBe('6 None');
    expect(await (await form('sized', [...texts, ['file', textFile('a', 'a')]])).json()).toBe('6 a');
  });

  it('can be given back, changed or as it is', async () => {
    for (const [name, expected] of [
      ['upper', 'HELLO'],
      ['same', 'hello'],
    ] as const) {
      const response = await form(name, [['file', textFile('hello', 'a.txt')]]);
      expect(response.headers.get('content-disposition')).toBe('attachment; filename=a.txt');
      expect(await response.text()).toBe(expected);
    }
  });

  it('leaves nothing behind, in the service or in a process that serves many calls', async () => {
    expect(await (await form('left', [['file', textFile('x', 'a')]])).json()).toHaveLength(1);
    expect(await server.answer('files/left')).toEqual([]);
    await waitFor(() => !runDirectory().some((name) => name.startsWith('upload-')) || undefined);
  });

  it('counts towards no limit of disk, and what is kept beside it does', async () => {
    const large = new File([new Uint8Array(3_000_000)], 'large');
    const less = await form('hoard', [
      ['file', large],
      ['more', '500000'],
    ]);
    expect(await less.json()).toBe(3_000_000);
    const more = await form('hoard', [
      ['file', large],
      ['more', '1048576'],
    ]);
    expect(await more.json()).toMatchObject({ code: 'worker-disk-exceeded', limit: '1MB' });
  });

  it.each([
    ['digest', [], [{ pointer: '/file', detail: expect.stringContaining('required') }]],
    [
      'digest',
      [
        ['file', textFile('a', 'a')],
        ['file', textFile('b', 'b')],
      ],
      [{ pointer: '/file', detail: 'Given 2 times: it takes one value.' }],
    ],
    [
      'digest',
      [
        ['file', textFile('a', 'a')],
        ['__proto__', 'b'],
      ],
      [{ pointer: '/__proto__', detail: expect.stringContaining('No parameter takes') }],
    ],
    [
      'digest',
      [['file', 'no file name']],
      [{ pointer: '/file', detail: expect.stringMatching(/multipart\/form-data with a file name/) }],
    ],
    [
      'digest',
      [
        ['file', textFile('a', 'a')],
        ['fil', textFile('b', 'b')],
      ],
      [{ pointer: '/fil', detail: expect.stringContaining("'file'") }],
    ],
    [
      'many',
      [
        ['title', textFile('a', 'a')],
        ['files', textFile('a', 'a')],
      ],
      [{ pointer: '/title', detail: expect.stringContaining('string') }],
    ],
    [
      'sized',
      [
        ['options', '{width: 3}'],
        ['scale', '2'],
      ],
      [{ pointer: '/options', detail: expect.stringMatching(/^JSON is wanted: .* line 1 column 2\.$/) }],
    ],
    [
      'optional',
      [['options', '{"width": "x"}']],
      [{ pointer: '/options/width', detail: expect.stringContaining('integer') }],
    ],
  ] as const)('that is not right is named (%s, %#)', async (name, parts, errors) => {
    const response = await form(name, parts);
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ code: 'invalid-input', errors });
  });

  it('cannot come as JSON', async () => {
    const response = await server.call('files/digest', { file: { path: '/etc/passwd' } });
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({
      errors: [{ pointer: '/file', detail: expect.stringContaining('multipart/form-data') }],
    });
  });

  it('for a function that is not there is not waited for', async () => {
    expect((await form('digst', [['file', textFile('a', 'a')]])).status).toBe(404);
  });
});
