import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { ListMultipartUploadsCommand, ListObjectsV2Command, UploadPartCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { apiKey, TestServer, waitFor } from '../server.ts';
import { Moto } from '../storage/moto.ts';
import { uploadBy } from './tus-js-client.ts';
import { metadata, Tus } from './tus.ts';

const megabyte = 1024 ** 2;
let moto: Moto;
let server: TestServer;

beforeAll(async () => {
  moto = await Moto.start();
  server = await started();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await moto[Symbol.asyncDispose]();
});

async function started(settings: Readonly<Record<string, string>> = {}): Promise<TestServer> {
  const env = {
    NODE_ENV: 'production',
    HEADY_HF_MOCK: '1',
    HEADY_API_KEY: apiKey,
    ...moto.environment,
    ...settings,
  };
  return TestServer.start({ root: inject('root'), env });
}

/** The objects of uploads in the bucket, and the uploads that S3 has under way. */
async function lying(): Promise<{ readonly objects: string[]; readonly underWay: number }> {
  const Bucket = moto.options.bucket;
  const { Contents = [] } = await moto.client.send(new ListObjectsV2Command({ Bucket, Prefix: 'uploads/' }));
  const { Uploads = [] } = await moto.client.send(new ListMultipartUploadsCommand({ Bucket }));
  return { objects: Contents.map(({ Key = '' }) => Key), underWay: Uploads.length };
}

async function stored(key: string, from = server): Promise<Buffer> {
  return Buffer.from(await (await from.fetch(`/api/files/${key}`)).bytes());
}

interface Broken {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Sends a request whose connection breaks before the last byte of its body. */
async function breakOff(url: string, { method, headers, body }: Broken): Promise<void> {
  const request = httpRequest(url, {
    method,
    headers: {
      authorization: `Bearer ${apiKey}`,
      'tus-resumable': '1.0.0',
      'content-type': 'application/offset+octet-stream',
      'content-length': body.byteLength + 1,
      ...headers,
    },
  });
  request.on('error', () => undefined);
  await new Promise((resolve) => void request.write(body, resolve));
  await delay(500); // it is read meanwhile
  request.destroy();
}

/** The files that a process has open in a folder. */
function openFiles(pid: number, within: string): string[] {
  const folder = `/proc/${pid}/fd`;
  const targets = readdirSync(folder).map((name) => readlink(join(folder, name)));
  return targets.filter((target) => target.startsWith(within));
}

function readlink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ''; // closed meanwhile
  }
}

describe('an upload into a bucket', () => {
  it('becomes a file there, with what was said of it, and goes on after its server was killed', async () => {
    const content = Buffer.concat([Buffer.from('%PDF-1.7\n'), randomBytes(22 * megabyte)]);
    let sent = 0;
    const { upload, done, offsets } = uploadBy(server.url, content, {
      chunkSize: 7 * megabyte,
      metadata: { key: 'bucket/a größe.pdf', by: 'Ann ü', filetype: 'text/html' },
      onChunkComplete: (_, bytes) => (sent = bytes),
    });
    upload.start();
    await waitFor(() => sent > 10 * megabyte);
    await upload.abort();
    server.process.kill('SIGKILL');
    await server.process;
    server = await started();
    const next = uploadBy(server.url, content, {
      chunkSize: 7 * megabyte,
      uploadUrl: `${server.url}${new URL(upload.url ?? '').pathname}`,
    });
    next.upload.start();
    await next.done;
    void done;
    expect([...offsets, ...next.offsets].at(-1)).toBeGreaterThan(6 * megabyte);
    const answer = await server.fetch('/api/files/bucket/a%20gr%C3%B6%C3%9Fe.pdf');
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'application/pdf',
      'x-durability': 'persistent',
      'x-meta-by': Buffer.from('Ann ü').toString('latin1'),
    });
    expect(Buffer.from(await answer.bytes()).equals(content)).toBe(true);
    const { objects, underWay } = await lying();
    expect([objects.filter((name) => !name.endsWith('.info')), underWay]).toEqual([[], 0]);
  }, 60_000);

  it('may be empty, or small, and sent bit by bit', async () => {
    const tus = new Tus(server);
    await tus.patch(await tus.made(0, metadata({ key: 'bucket/empty' })), 0, '');
    expect(await stored('bucket/empty')).toEqual(Buffer.alloc(0));
    const location = await tus.made(6, metadata({ key: 'bucket/bits' }));
    await tus.patch(location, 0, 'ab');
    expect(await tus.offset(location)).toBe(2);
    expect((await tus.patch(location, 1, 'x')).status).toBe(409);
    await tus.patch(location, 2, 'cdef');
    expect(String(await stored('bucket/bits'))).toBe('abcdef');
    expect(await tus.offset(location)).toBe(6);
    expect((await tus.patch(location, 6, '')).status).toBe(204);
  });

  it('gets on over a line that breaks before any part is whole', async () => {
    const content = randomBytes(8 * megabyte);
    const tus = new Tus(server);
    const location = await tus.made(content.byteLength, metadata({ key: 'bucket/broken' }));
    await waitFor(async () => {
      const from = await tus.offset(location);
      const headers = { 'upload-offset': String(from) };
      const body = content.subarray(from, from + 1.5 * megabyte);
      await breakOff(`${server.url}${location}`, { method: 'PATCH', headers, body });
      return (await tus.offset(location)) > 6 * megabyte;
    }, 45_000);
    const offset = await tus.offset(location);
    expect((await tus.patch(location, offset, content.subarray(offset))).status).toBe(204);
    expect((await stored('bucket/broken')).equals(content)).toBe(true);
    const { objects, underWay } = await lying();
    expect([objects.filter((name) => name.endsWith('.part')), underWay]).toEqual([[], 0]);
  }, 60_000);

  it('leaves no file and nothing open on this machine where requests break off', async () => {
    const TMPDIR = mkdtempSync(join(tmpdir(), 'temporary-'));
    await using other = await started({ TMPDIR });
    const tus = new Tus(other);
    const location = await tus.made(10 * megabyte);
    const ofProcesses = /^heady-\d/;
    const files = () =>
      (readdirSync(TMPDIR, { recursive: true }) as string[]).filter((name) => !ofProcesses.test(name));
    const present = () => [files().toSorted(), openFiles(other.pid, TMPDIR)];
    const before = present();
    const length = { 'upload-length': String(10 * megabyte) };
    const creations = Array.from({ length: 10 }, async () =>
      breakOff(`${other.url}/api/uploads`, { method: 'POST', headers: length, body: randomBytes(megabyte) }),
    );
    await Promise.all(creations);
    await waitFor(async () => {
      const headers = { 'upload-offset': String(await tus.offset(location)) };
      const body = randomBytes(megabyte / 4);
      await breakOff(`${other.url}${location}`, { method: 'PATCH', headers, body });
      return (await tus.offset(location)) > megabyte / 4;
    }, 45_000);
    expect(present()).toEqual(before);
    await tus.send('DELETE', location);
    rmSync(TMPDIR, { recursive: true });
  }, 60_000);

  it('has no bytes whose checksum is another', async () => {
    const tus = new Tus(server);
    const location = await tus.made(3);
    const wrong = { 'upload-checksum': `sha1 ${randomBytes(20).toString('base64')}` };
    expect((await tus.patch(location, 0, 'abc', wrong)).status).toBe(460);
    expect(await tus.offset(location)).toBe(0);
  });

  it.each([
    ['a key too long', { key: `${'k'.repeat(200)}/`.repeat(5) + 'k'.repeat(15) }],
    ['metadata that is too long when it is escaped', { by: 'ü'.repeat(400) }],
    ['a name that the bucket has for itself', { 'heady-sha256': 'x' }],
  ])('is not begun with %s', async (_, said) => {
    const before = await lying();
    const told = await new Tus(server).create(3, metadata(said));
    expect([told.status, (await told.json()).code]).toEqual([422, 'invalid-input']);
    expect(await lying()).toEqual(before);
  });

  it('leaves nothing when it is terminated, complete or not', async () => {
    const before = await lying();
    const tus = new Tus(server);
    const begun = await tus.made(10);
    await tus.patch(begun, 0, 'abc');
    const complete = await tus.made(3, metadata({ key: 'bucket/terminated' }));
    await tus.patch(complete, 0, 'abc');
    for (const location of [begun, complete]) {
      expect((await tus.send('DELETE', location)).status).toBe(204);
      expect((await tus.head(location)).status).toBe(404);
    }
    expect(await lying()).toEqual(before);
    expect(String(await stored('bucket/terminated'))).toBe('abc');
  });

  it('becomes a file at the next start where it had all its parts at a crash', async () => {
    const tus = new Tus(server);
    const location = await tus.made(3, metadata({ key: 'bucket/finished-late' }));
    const id = location.split('/').at(-1) ?? '';
    const Bucket = moto.options.bucket;
    const { Uploads = [] } = await moto.client.send(new ListMultipartUploadsCommand({ Bucket }));
    const { UploadId } = Uploads.find(({ Key }) => Key === `uploads/${id}`) ?? {};
    const part = { Bucket, Key: `uploads/${id}`, UploadId, PartNumber: 1, Body: 'abc' };
    await moto.client.send(new UploadPartCommand(part));
    await using next = await started();
    await waitFor(async () => ((await next.fetch('/api/files/bucket/finished-late')).ok ? true : undefined));
    expect(String(await stored('bucket/finished-late', next))).toBe('abc');
  });

  it('ends when its time is over, and leaves nothing', async () => {
    await using hasty = await started({ HEADY_UPLOAD_TTL: '1ms' });
    const location = await new Tus(hasty).made(3);
    const id = location.split('/').at(-1) ?? '';
    await waitFor(async () => !(await lying()).objects.some((name) => name.includes(id)));
    expect((await new Tus(hasty).head(location)).status).toBe(404);
  });

  it('gets 503 where the bucket does not answer', async () => {
    await using cut = await started({ S3_ENDPOINT: 'http://127.0.0.1:2' });
    const told = await new Tus(cut).create(3);
    expect([told.status, (await told.json()).code]).toEqual([503, 'storage-unavailable']);
    expect((await fetch(`${cut.url}/api/health`)).status).toBe(200);
  });
});
