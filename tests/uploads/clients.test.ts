import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { repository } from '../project.ts';
import { apiKey, TestServer, waitFor } from '../server.ts';
import { uploadBy } from './tus-js-client.ts';
import { lying, Tus } from './tus.ts';

const megabyte = 1024 ** 2;
const directory = mkdtempSync(join(tmpdir(), 'data-'));
const content = randomBytes(20 * megabyte);
const files = mkdtempSync(join(tmpdir(), 'sent-'));
const path = join(files, 'sent.bin');
let server: TestServer;

beforeAll(async () => {
  writeFileSync(path, content);
  server = await TestServer.start({ root: inject('root'), env: { HEADY_DATA_DIR: directory } });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  for (const each of [directory, files]) rmSync(each, { recursive: true });
});

async function stored(key: string): Promise<Buffer> {
  return Buffer.from(await (await server.fetch(`/api/files/${key}`)).bytes());
}

describe('tus-js-client', () => {
  it.each([
    ['at once', {}],
    ['in pieces', { chunkSize: 3 * megabyte }],
    ['with its creation', { uploadDataDuringCreation: true }],
    ['by POST alone', { overridePatchMethod: true, chunkSize: 7 * megabyte }],
  ])('uploads %s', async (name, options) => {
    const { upload, done } = uploadBy(server.url, content, { metadata: { key: `js/${name}` }, ...options });
    upload.start();
    await done;
    expect((await stored(`js/${name}`)).equals(content)).toBe(true);
  });

  it('goes on from where it was when its connection is cut', async () => {
    await using line = await Line.open(server.url, { bytes: 9 * megabyte });
    const { upload, done, offsets } = uploadBy(line.url, content, { metadata: { key: 'js/cut' } });
    upload.start();
    await done;
    expect(line.cuts).toBe(1);
    expect(offsets).toEqual([expect.any(Number)]);
    expect(offsets[0]).toBeGreaterThan(megabyte);
    expect((await stored('js/cut')).equals(content)).toBe(true);
  });

  it('goes on with what an earlier page has begun', async () => {
    const { upload } = uploadBy(server.url, content, { metadata: { key: 'js/later' }, chunkSize: megabyte });
    upload.start();
    const tus = new Tus(server);
    const begun = async () => upload.url !== null && (await tus.offset(new URL(upload.url).pathname)) > 0;
    await waitFor(begun);
    await upload.abort();
    const second = uploadBy(server.url, content, { uploadUrl: upload.url });
    second.upload.start();
    await second.done;
    expect(second.offsets[0]).toBeGreaterThan(0);
    expect((await stored('js/later')).equals(content)).toBe(true);
  });

  it('terminates', async () => {
    const before = lying(directory);
    const { upload } = uploadBy(server.url, content, { chunkSize: megabyte });
    upload.start();
    await waitFor(() => upload.url !== null);
    await upload.abort(true);
    expect(lying(directory)).toEqual(before);
  });
});

describe('tuspy', () => {
  const script = `
import sys
from tusclient import client
url, key, path, step, *more = sys.argv[1:]
headers = {"Authorization": f"Bearer {key}"}
options = {"metadata": {"key": more[0]}} if more else {}
uploader = client.TusClient(url, headers=headers).uploader(
    path, chunk_size=int(step), upload_checksum=True, **options)
uploader.upload(stop_at=int(step))
print(uploader.url)
again = client.TusClient(url, headers=headers).uploader(
    path, chunk_size=int(step), upload_checksum=True, url=uploader.url)
print(again.offset)
again.upload()
print(again.offset)
`;

  async function run(...words: readonly string[]): Promise<string[]> {
    const python = join(repository, '.venv/bin/python');
    const { stdout } = await execa(python, ['-c', script, `${server.url}/api/uploads`, apiKey, ...words]);
    return stdout.split('\n');
  }

  it('uploads with checksums, and goes on with what it has begun', async () => {
    const [, begun, ended] = await run(path, String(6 * megabyte), 'py/sent.bin');
    expect([begun, ended]).toEqual([String(6 * megabyte), String(20 * megabyte)]);
    expect((await stored('py/sent.bin')).equals(readFileSync(path))).toBe(true);
  });

  it('uploads without metadata', async () => {
    const [url = '', , ended] = await run(path, String(10 * megabyte));
    expect(ended).toBe(String(20 * megabyte));
    expect((await stored(`uploads/${url.split('/').at(-1)}`)).equals(content)).toBe(true);
  });
});

/** A line to a server, which is cut once when so many bytes have gone over it. */
class Line implements AsyncDisposable {
  cuts = 0;
  readonly #listener = createServer();
  #left: number;

  private constructor(bytes: number) {
    this.#left = bytes;
  }

  static async open(url: string, { bytes }: { readonly bytes: number }): Promise<Line> {
    const line = new Line(bytes);
    const { hostname, port } = new URL(url);
    line.#listener.on('connection', (client) =>
      line.#join(client, connect({ host: hostname, port: Number(port) })),
    );
    await new Promise<void>((resolve) => void line.#listener.listen(0, '127.0.0.1', resolve));
    return line;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#listener.address() as AddressInfo).port}`;
  }

  #join(client: Socket, upstream: Socket): void {
    for (const socket of [client, upstream]) socket.on('error', () => undefined);
    upstream.pipe(client);
    client.pipe(upstream);
    client.on('data', (data: Buffer) => {
      this.#left -= data.byteLength;
      if (this.#left > 0 || this.cuts > 0) return;
      this.cuts += 1;
      client.destroy();
      upstream.destroy();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise((resolve) => void this.#listener.close(resolve));
  }
}
