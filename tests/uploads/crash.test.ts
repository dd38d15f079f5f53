import { randomBytes } from 'node:crypto';
import { appendFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, inject, it } from 'vitest';

import { TestServer, waitFor } from '../server.ts';
import { uploadBy } from './tus-js-client.ts';
import { lying, metadata, Tus } from './tus.ts';

const megabyte = 1024 ** 2;
const directory = mkdtempSync(join(tmpdir(), 'data-'));
let port: number;
let server: TestServer;

beforeAll(async () => {
  port = await freePort();
  server = await started();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

async function freePort(): Promise<number> {
  const listener = createServer();
  await new Promise<void>((resolve) => void listener.listen(0, '127.0.0.1', resolve));
  const { port: found } = listener.address() as AddressInfo;
  await new Promise((resolve) => void listener.close(resolve));
  return found;
}

async function started(settings: Readonly<Record<string, string>> = {}): Promise<TestServer> {
  const env = { HEADY_DATA_DIR: directory, HEADY_STORAGE_QUOTA: '300MB', PORT: String(port), ...settings };
  return TestServer.start({ root: inject('root'), env });
}

async function killed(): Promise<void> {
  server.process.kill('SIGKILL');
  await server.process;
}

it('an upload goes on when the server has been killed in the midst of it, time and again', async () => {
  const content = randomBytes(90 * megabyte);
  let killAt = Infinity;
  const { upload, done, offsets } = uploadBy(server.url, content, {
    metadata: { key: 'survivor' },
    onProgress: (bytes) => void (bytes > killAt && server.process.kill('SIGKILL')),
  });
  for (const share of [0.1, 0.4, 0.7]) {
    killAt = share * content.byteLength;
    if (upload.url === null) upload.start();
    await server.process;
    killAt = Infinity;
    server = await started();
  }
  await done;
  expect(offsets.length).toBeGreaterThanOrEqual(3);
  expect(Math.max(...offsets)).toBeGreaterThan(megabyte);
  const stored = Buffer.from(await (await server.fetch('/api/files/survivor')).bytes());
  expect(stored.equals(content)).toBe(true);
  expect(lying(directory)).toHaveLength(1);
}, 90_000);

it('an upload whose last byte came right before a crash becomes a file at the next start', async () => {
  const location = await new Tus(server).made(6, metadata({ key: 'finished-late' }));
  await new Tus(server).patch(location, 0, 'abc');
  await killed();
  appendFileSync(join(directory, 'uploads/contents', location.split('/').at(-1) ?? ''), 'def');
  server = await started();
  const file = await waitFor(async () => {
    const response = await server.fetch('/api/files/finished-late');
    return response.status === 200 ? response : undefined;
  });
  expect([await file.text(), await new Tus(server).offset(location)]).toEqual(['abcdef', 6]);
});

it('an upload that was complete becomes a file, however late the next start is', async () => {
  const location = await new Tus(server).made(6, metadata({ key: 'finished-too-late' }));
  const [, id = ''] = /([\w-]+)$/.exec(location) ?? [];
  await killed();
  appendFileSync(join(directory, 'uploads/contents', id), 'abcdef');
  server = await started({ HEADY_UPLOAD_TTL: '1ms' });
  const notes = join(directory, 'uploads/notes');
  await waitFor(() => !readdirSync(notes).includes(`${id}.json`));
  expect(await (await server.fetch('/api/files/finished-too-late')).text()).toBe('abcdef');
  await killed();
  server = await started();
});

it('room is still kept for an upload after a crash, and what it left is swept', async () => {
  const location = await new Tus(server).made(200 * megabyte);
  await new Tus(server).patch(location, 0, 'abc');
  await killed();
  const notes = readdirSync(join(directory, 'uploads/notes')).length;
  for (const folder of ['contents', 'quarantine'])
    writeFileSync(join(directory, 'uploads', folder, 'left'), 'by a crash');
  server = await started();
  expect((await new Tus(server).create(200 * megabyte)).status).toBe(507);
  expect(await new Tus(server).offset(location)).toBe(3);
  expect((await new Tus(server).send('DELETE', location)).status).toBe(204);
  expect(lying(directory)).toHaveLength(3);
  expect(readdirSync(join(directory, 'uploads/notes')).length).toBe(notes - 1);
});

it('a note that cannot be read keeps no service from starting, and is told of', async () => {
  await killed();
  const note = join(directory, 'uploads/notes/x.json');
  writeFileSync(note, 'no JSON');
  server = await started();
  expect(server.output).toContain(`an upload is left out: ${note} cannot be read`);
  expect((await new Tus(server).create(3)).status).toBe(201);
  rmSync(note);
});
