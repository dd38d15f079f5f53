import { createHash, randomBytes } from 'node:crypto';
import { ReadableStream as NodeReadableStream } from 'node:stream/web';

import { ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { memoryOf } from '../../bench/processes.ts';
import { apiKey, TestServer, waitFor } from '../server.ts';
import { Moto } from '../storage/moto.ts';
import { WayToS3 } from '../storage/way-to-s3.ts';

const megabyte = 1024 ** 2;
const production = { NODE_ENV: 'production', HEADY_API_KEY: apiKey, HEADY_HF_MOCK: '1' };

let moto: Moto;
let server: TestServer;
beforeAll(async () => {
  moto = await Moto.start();
  server = await TestServer.start({ root: inject('root'), env: { ...production, ...moto.environment } });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await moto[Symbol.asyncDispose]();
});

async function put(path: string, body: BodyInit, headers: Readonly<Record<string, string>> = {}) {
  return server.fetch(`/api/files/${path}`, { method: 'PUT', body, headers, duplex: 'half' } as RequestInit);
}

async function healthOf({ url }: TestServer) {
  const { ok, checks, degraded } = await (await fetch(`${url}/api/health`)).json();
  return { ok, storage: checks.storage, degraded };
}

describe('a service with a bucket', () => {
  it('answers with one content or the other, whole, while the file is replaced', async () => {
    const contents = ['a', 'b'].map((letter) => letter.repeat(100_000));
    await put('contested', contents[0] ?? '');
    const over = new AbortController();
    const answers: string[] = [];
    const readers = Array.from({ length: 3 }, async () => {
      while (!over.signal.aborted) answers.push(await (await server.fetch('/api/files/contested')).text());
    });
    for (let round = 0; round < 12; round += 1) await put('contested', contents[round % 2] ?? '');
    over.abort();
    await Promise.all(readers);
    expect(answers.length).toBeGreaterThan(3);
    expect(answers.filter((answer) => !contents.includes(answer))).toEqual([]);
  }, 90_000);

  it('keeps files there, and says that they last', async () => {
    const made = await put('docs/a.txt', 'hello', { 'content-type': 'text/plain', 'x-meta-by': 'Ann' });
    expect([made.status, await made.json()]).toEqual([
      201,
      expect.objectContaining({
        key: 'docs/a.txt',
        bytes: 5,
        durability: 'persistent',
        metadata: { by: 'Ann' },
      }),
    ]);
    const part = await server.fetch('/api/files/docs/a.txt', { headers: { range: 'bytes=1-3' } });
    expect([part.status, part.headers.get('x-durability'), await part.text()]).toEqual([
      206,
      'persistent',
      'ell',
    ]);
    const parts = await server.fetch('/api/files/docs/a.txt', { headers: { range: 'bytes=0-0,4-4' } });
    expect(await parts.text()).toMatch(/bytes 0-0\/5\s+h\s.*bytes 4-4\/5\s+o\s/s);
    const { files } = await (await server.fetch('/api/files?prefix=docs/')).json();
    expect(files).toEqual([
      expect.objectContaining({ key: 'docs/a.txt', bytes: 5, durability: 'persistent' }),
    ]);
    expect((await server.fetch('/api/files/docs/a.txt', { method: 'DELETE' })).status).toBe(204);
    expect((await server.fetch('/api/files/docs/a.txt')).status).toBe(404);
    expect(await healthOf(server)).toEqual({ ok: true, storage: { ok: true, durability: 'persistent' } });
    expect(server.lines.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  it('moves a file out of it that need not last, and takes it back', async () => {
    await put('moved', '1');
    expect((await put('moved?durability=ephemeral', '2')).status).toBe(200);
    expect((await (await server.fetch('/api/files?prefix=moved')).json()).files).toEqual([]);
    const back = await put('moved?durability=persistent', '3');
    expect(await back.json()).toMatchObject({ durability: 'persistent' });
    expect(await (await server.fetch('/api/files/moved')).text()).toBe('3');
  });

  it('holds no upload and no download in memory', async () => {
    const [piece, pieces] = [randomBytes(megabyte), 150];
    await put('small', piece);
    const before = memoryOf(server.pid).rssBytes;
    let most = before;
    const sampling = setInterval(() => (most = Math.max(most, memoryOf(server.pid).rssBytes)), 20);
    const body = NodeReadableStream.from(Array.from({ length: pieces }, () => piece)) as unknown as BodyInit;
    expect((await put('large', body)).status).toBe(201);
    const digest = createHash('sha256');
    for await (const part of (await server.fetch('/api/files/large')).body ?? []) digest.update(part);
    clearInterval(sampling);
    const whole = createHash('sha256');
    for (let count = 0; count < pieces; count += 1) whole.update(piece);
    expect(digest.digest('hex')).toBe(whole.digest('hex'));
    expect(most - before).toBeLessThan(100 * megabyte);
  }, 120_000);

  it('leaves nothing of an upload whose client goes away', async () => {
    const leaving = new AbortController();
    const body = NodeReadableStream.from(
      (async function* () {
        for (let count = 0; count < 12; count += 1) yield randomBytes(megabyte);
        await waitFor(async () => (await unfinished()) === 1);
        leaving.abort();
        yield randomBytes(megabyte);
      })(),
    ) as unknown as BodyInit;
    const init = { method: 'PUT', body, duplex: 'half', signal: leaving.signal } as RequestInit;
    await expect(server.fetch('/api/files/torn', init)).rejects.toThrow(/abort/);
    await waitFor(async () => (await unfinished()) === 0);
    expect((await server.fetch('/api/files/torn')).status).toBe(404);
  });

  async function unfinished(): Promise<number> {
    const Bucket = moto.options.bucket;
    const { Uploads = [] } = await moto.client.send(new ListMultipartUploadsCommand({ Bucket }));
    return Uploads.length;
  }
});

describe('a service whose bucket does not answer', () => {
  it('starts, says so, answers that files are not to be had, and lives until it does', async () => {
    await using way = await WayToS3.to(moto.options.endpoint);
    way.breaksAt = () => true;
    const env = { ...production, ...moto.environment, S3_ENDPOINT: way.endpoint };
    await using cut = await TestServer.start({ root: inject('root'), env });
    const warning = await cut.line(
      ({ level, message }) => level === 'warn' && message.startsWith('S3_BUCKET'),
    );
    expect(warning.message).toMatch(
      /^S3_BUCKET a-bucket: The bucket does not answer \(ECONNRESET\): check S3_ENDPOINT/,
    );
    expect(await healthOf(cut)).toMatchObject({
      storage: { ok: false, durability: 'persistent' },
      degraded: ['storage'],
    });
    for (const init of [{}, { method: 'PUT', body: randomBytes(6 * megabyte) }, { method: 'DELETE' }]) {
      const response = await cut.fetch('/api/files/x', init);
      expect([response.status, (await response.json()).code]).toEqual([503, 'storage-unavailable']);
    }
    expect((await cut.fetch('/api/files')).status).toBe(503);
    const output = cut.output;
    for (const secret of [moto.options.accessKeyId, moto.options.secretAccessKey])
      expect(output).not.toContain(secret);
    way.breaksAt = () => false;
    expect((await cut.fetch('/api/files')).status).toBe(200);
    expect(await healthOf(cut)).toEqual({ ok: true, storage: { ok: true, durability: 'persistent' } });
  });

  it('is told of a bucket that is not there', async () => {
    const env = { ...production, ...moto.environment, S3_BUCKET: 'no-such-bucket' };
    await using lost = await TestServer.start({ root: inject('root'), env });
    await lost.line(({ message }) => message.startsWith('S3_BUCKET no-such-bucket: The bucket is not there'));
    const response = await lost.fetch('/api/files/x');
    expect([response.status, (await response.json()).code]).toEqual([503, 'storage-unavailable']);
  });
});
