import { createHash, randomBytes } from 'node:crypto';

import { ListMultipartUploadsCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type FileStore, openBucket, parseKey, type PutOptions } from '../../storage/index.ts';
import { S3Store } from '../../storage/s3/s3-store.ts';
import { waitFor } from '../server.ts';
import { contentOf as bytesOf, pieces, storeSuite } from './contract.ts';
import { Moto } from './moto.ts';
import { WayToS3 } from './way-to-s3.ts';

const megabyte = 1024 ** 2;
const type = 'application/octet-stream';
const signal = new AbortController().signal;
const digestOf = (content: Buffer) => createHash('sha256').update(content).digest('base64');

let moto: Moto;
let store: S3Store;
beforeAll(async () => {
  moto = await Moto.start();
  store = await openBucket(moto.options);
});
afterAll(async () => {
  await store[Symbol.asyncDispose]();
  await moto[Symbol.asyncDispose]();
});

storeSuite('a bucket', async () => openBucket(moto.options));

/** Content of so many megabytes, that comes in pieces of one. */
function megabytes(count: number): Buffer[] {
  return Array.from({ length: count }, () => randomBytes(megabyte));
}

async function contentOf(key: string, files: FileStore = store): Promise<Buffer> {
  await using opened = await files.open(parseKey(key));
  return await bytesOf(opened?.pieces());
}

/** What lies in the bucket under a key, and of what nobody has completed. */
async function lying(key: string) {
  const Bucket = moto.options.bucket;
  const { Contents = [] } = await moto.client.send(
    new ListObjectsV2Command({ Bucket, Prefix: `files/${key}` }),
  );
  const { Uploads = [] } = await moto.client.send(new ListMultipartUploadsCommand({ Bucket }));
  return { objects: Contents.map(({ Key }) => Key), unfinished: Uploads.map(({ Key }) => Key) };
}

const nothing = { objects: [], unfinished: [] };

describe('content that is larger than a part', () => {
  it('is sent in parts, and is what was put', async () => {
    const content = megabytes(26);
    const made = await store.put(parseKey('parts/large'), pieces(...content), { type, signal });
    expect(made).toMatchObject({
      bytes: 26 * megabyte,
      sha256: undefined,
      etag: expect.stringMatching(/-6$/),
    });
    expect(await store.head(made.key)).toEqual(made);
    expect((await contentOf('parts/large')).equals(Buffer.concat(content))).toBe(true);
    expect(await lying('parts/large')).toEqual({ objects: ['files/parts/large'], unfinished: [] });
  });

  it.each([5 * megabyte - 1, 5 * megabyte, 5 * megabyte + 1, 10 * megabyte])(
    'or about as large, %i bytes, is whole',
    async (bytes) => {
      const content = randomBytes(bytes);
      const made = await store.put(parseKey('parts/edge'), pieces(content), { type, signal });
      expect(made.bytes).toBe(bytes);
      expect((await contentOf('parts/edge')).equals(content)).toBe(true);
    },
  );

  it('is verified, and its digest kept, where one is told', async () => {
    const content = megabytes(6);
    const sha256 = digestOf(Buffer.concat(content));
    const made = await store.put(parseKey('parts/summed'), pieces(...content), { type, signal, sha256 });
    expect([made.sha256, (await store.head(made.key))?.sha256]).toEqual([sha256, sha256]);
    const wrong = { type, signal, sha256: digestOf(Buffer.from('x')) };
    await expect(store.put(parseKey('parts/wrong'), pieces(...content), wrong)).rejects.toMatchObject({
      code: 'digest-mismatch',
    });
    expect(await lying('parts/wrong')).toEqual(nothing);
  });

  it('leaves nothing where it breaks off, or the one who sends it is gone', async () => {
    const gone = new AbortController();
    const torn = async function* (end: () => void) {
      yield* megabytes(12);
      end();
      yield* megabytes(1);
    };
    const tell = () => {
      throw new Error('the client went away');
    };
    const key = parseKey('parts/torn');
    await expect(store.put(key, torn(tell), { type, signal })).rejects.toThrow('went away');
    await expect(
      store.put(
        key,
        torn(() => gone.abort()),
        { type, signal: gone.signal },
      ),
    ).rejects.toThrow(/abort/);
    expect(await lying('parts/torn')).toEqual(nothing);
  });

  it('fails alone where its connection is lost again and again, and leaves nothing', async () => {
    await using way = await WayToS3.to(moto.options.endpoint);
    await using far = await openBucket({ ...moto.options, endpoint: way.endpoint });
    way.breaksAt = ({ url }) => /lost.*partNumber=2/.test(url ?? '');
    const lost = far.put(parseKey('parts/lost'), pieces(...megabytes(12)), { type, signal });
    const kept = far.put(parseKey('parts/kept'), pieces(...megabytes(12)), { type, signal });
    await expect(lost).rejects.toMatchObject({ code: 'storage-unavailable', status: 503 });
    expect(await kept).toMatchObject({ bytes: 12 * megabyte });
    expect(await lying('parts/lost')).toEqual(nothing);
  });

  it('is sent on over a connection that was lost once', async () => {
    await using way = await WayToS3.to(moto.options.endpoint);
    await using far = await openBucket({ ...moto.options, endpoint: way.endpoint });
    let lost = 0;
    way.breaksAt = ({ url }) => /partNumber=2/.test(url ?? '') && (lost += 1) === 1;
    const content = megabytes(12);
    await far.put(parseKey('parts/again'), pieces(...content), { type, signal });
    expect([(await contentOf('parts/again')).equals(Buffer.concat(content)), lost]).toEqual([true, 2]);
  });
});

describe('reading', () => {
  it('ends the request when the reader has enough, or the file is closed', async () => {
    await using way = await WayToS3.to(moto.options.endpoint);
    await using far = await openBucket({ ...moto.options, endpoint: way.endpoint });
    await store.put(parseKey('read'), pieces(...megabytes(40)), { type, signal });
    const opened = await far.open(parseKey('read'));
    const [cancelled, closed] = [0, 1].map(() => opened?.pieces()[Symbol.asyncIterator]());
    await Promise.all([cancelled?.next(), closed?.next()]);
    expect(way.answering).toBe(2);
    await cancelled?.return?.();
    await waitFor(() => way.answering === 1);
    await opened?.[Symbol.asyncDispose]();
    await waitFor(() => way.answering === 0);
    await expect(closed?.next()).rejects.toThrow(/abort/);
  });

  it('never mixes two contents: it fails where the file has been replaced since it was opened', async () => {
    const key = parseKey('replaced-since');
    await store.put(key, pieces('one'), { type, signal });
    await using opened = await store.open(key);
    await store.put(key, pieces('two'), { type, signal });
    await expect(bytesOf(opened?.pieces({ first: 0, last: 1 }))).rejects.toMatchObject({
      code: 'precondition-failed',
    });
  });

  it('looks at a file without its content', async () => {
    await using way = await WayToS3.to(moto.options.endpoint);
    await using far = await openBucket({ ...moto.options, endpoint: way.endpoint });
    await store.put(parseKey('looked-at'), pieces('content'), { type, signal });
    await far.head(parseKey('looked-at'));
    await (await far.open(parseKey('looked-at')))?.[Symbol.asyncDispose]();
    expect(way.requests.map(({ method }) => method)).toEqual(['HEAD', 'HEAD']);
  });
});

describe('conditions', () => {
  it('hold between instances: one of several is the first', async () => {
    const instances = await Promise.all(Array.from({ length: 6 }, async () => openBucket(moto.options)));
    const options: PutOptions = { type, signal, ifNoneMatch: '*' };
    const outcomes = await Promise.allSettled(
      instances.map(async (instance, at) =>
        instance.put(parseKey('contested-by-all'), pieces(`${at}`), options),
      ),
    );
    const failures = outcomes.filter(({ status }) => status === 'rejected');
    expect(failures).toEqual(
      Array.from({ length: 5 }, () => ({
        status: 'rejected',
        reason: expect.objectContaining({ code: 'precondition-failed' }),
      })),
    );
    for (const instance of instances) await instance[Symbol.asyncDispose]();
  });

  it('of large content hold until it is there: another may have come first', async () => {
    await using other = await openBucket(moto.options);
    const key = parseKey('overtaken');
    const content = (async function* () {
      yield* megabytes(6);
      await other.put(key, pieces('first'), { type, signal });
    })();
    await expect(store.put(key, content, { type, signal, ifNoneMatch: '*' })).rejects.toMatchObject({
      code: 'precondition-failed',
    });
    expect(String(await contentOf('overtaken'))).toBe('first');
    expect((await lying('overtaken')).unfinished).toEqual([]);
  });

  it('are given to S3 with each change, as what was found when they were checked', async () => {
    await using way = await WayToS3.to(moto.options.endpoint);
    await using far = await openBucket({ ...moto.options, endpoint: way.endpoint });
    const [key, copy] = [parseKey('guarded-by-s3'), parseKey('guarded-copy')];
    const first = await far.put(key, pieces('1'), { type, signal, ifNoneMatch: ['another'] });
    const second = await far.put(key, pieces(...megabytes(6)), { type, signal, ifMatch: '*' });
    await far.copy(key, copy, { ifNoneMatch: '*' });
    await far.delete(key, { ifMatch: [second.etag] });
    const guards = way.requests
      .filter(({ method, url }) => method !== 'HEAD' && !/partNumber|uploads/.test(url ?? ''))
      .map(({ method, headers }) => [method, headers['if-match'] ?? headers['if-none-match']]);
    expect(guards).toEqual([
      ['PUT', '*'],
      ['POST', `"${first.etag}"`], // moto does not look at it when it completes
      ['PUT', '*'], // nor when it copies
      ['DELETE', `"${second.etag}"`],
    ]);
  });
});

describe('metadata', () => {
  it('may be any text', async () => {
    const metadata = { by: ' Änn 🙂 ', 'Größe_%': '100%', plain: 'a;b="c"', empty: '' };
    const made = await store.put(parseKey('described'), pieces('x'), { type, signal, metadata });
    expect((await store.head(made.key))?.metadata).toEqual(metadata);
  });

  it('of more than S3 takes is refused before the content is read', async () => {
    const unread = pieces('content');
    const refused = async (metadata: Readonly<Record<string, string>>) =>
      expect(store.put(parseKey('x'), unread, { type, signal, metadata })).rejects.toMatchObject({
        code: 'invalid-input',
      });
    await refused({ long: 'x'.repeat(2000) });
    await refused({ long: 'ü'.repeat(400) });
    await refused({ 'heady-sha256': 'x' });
    await refused({ broken: '\ud800' });
    expect((await unread.next()).done).toBe(false);
  });

  it('and type that others have given are read as they are', async () => {
    const Bucket = moto.options.bucket;
    const object = { Bucket, Key: 'files/theirs', Body: 'x', Metadata: { odd: '100% of it' } };
    await moto.client.send(new PutObjectCommand(object));
    expect(await store.head(parseKey('theirs'))).toMatchObject({
      metadata: { odd: '100% of it' },
      sha256: undefined,
    });
  });
});

describe('a bucket that is not the store’s alone', () => {
  it('has in its list what can be a file of it, and nothing else', async () => {
    const foreign = [
      'other/a',
      'files',
      'files/',
      'files/mine//b',
      'files/mine/o\u0308',
      'files/mine/\u0001',
    ];
    for (const Key of foreign)
      await moto.client.send(new PutObjectCommand({ Bucket: moto.options.bucket, Key, Body: 'x' }));
    await store.put(parseKey('mine/a + b'), pieces('x'), { type, signal });
    await store.put(parseKey('mine/z'), pieces('x'), { type, signal });
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.list({ prefix: 'mine/', limit: 1, ...(cursor !== undefined && { cursor }) });
      found.push(...page.files.map(({ key }) => key));
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(found).toEqual(['mine/a + b', 'mine/z']);
  });

  it('has no room for a key that is too long for it', async () => {
    const key = parseKey(Array.from({ length: 5 }, () => 'x'.repeat(204)).join('/'));
    await expect(store.head(key)).rejects.toMatchObject({ code: 'invalid-input' });
  });
});

describe('a copy', () => {
  it('of what is too large for one is made in parts, with all that is known of it', async () => {
    await using small = new S3Store({ ...moto.options, mostBytesCopied: 5 * megabyte });
    const content = megabytes(12);
    const sha256 = digestOf(Buffer.concat(content));
    const metadata = { by: 'Änn' };
    const key = parseKey('copied/from');
    await store.put(key, pieces(...content), { type: 'text/csv', signal, metadata, sha256 });
    const copy = await small.copy(key, parseKey('copied/to'));
    expect(copy).toMatchObject({ bytes: 12 * megabyte, type: 'text/csv', metadata, sha256 });
    expect(await store.head(copy.key)).toEqual(copy);
    expect((await contentOf('copied/to')).equals(Buffer.concat(content))).toBe(true);
    expect((await lying('copied/')).unfinished).toEqual([]);
  });

  it('to itself is what it was', async () => {
    const made = await store.put(parseKey('self'), pieces('x'), { type, signal });
    expect(await store.copy(made.key, made.key, { ifMatch: '*' })).toEqual(made);
    await expect(store.copy(made.key, made.key, { ifNoneMatch: '*' })).rejects.toMatchObject({ status: 412 });
  });
});

describe('a bucket that does not work', () => {
  it('that is not reached is told of, with what to check and without keys, until it answers', async () => {
    await using way = await WayToS3.to(moto.options.endpoint);
    await using far = await openBucket({ ...moto.options, endpoint: way.endpoint });
    way.breaksAt = () => true;
    const failed = await far.list({ limit: 1 }).catch((error: unknown) => error);
    expect(failed).toMatchObject({
      code: 'storage-unavailable',
      message: expect.stringMatching(/^The bucket does not answer \(\w+\): check S3_ENDPOINT/),
    });
    expect(far.fault).toBe((failed as Error).message);
    expect(JSON.stringify(failed)).not.toContain(moto.options.secretAccessKey);
    way.breaksAt = () => false;
    await far.list({ limit: 1 });
    expect(far.fault).toBeUndefined();
  });

  it('that is not there is told of, and is no bucket without the file', async () => {
    await using none = await openBucket({ ...moto.options, bucket: 'no-such-bucket' });
    expect(await none.check()).toMatch(/^The bucket is not there \(NotFound\): check S3_BUCKET/);
    await expect(none.open(parseKey('x'))).rejects.toMatchObject({ code: 'storage-unavailable' });
    await expect(none.put(parseKey('x'), pieces('x'), { type, signal })).rejects.toMatchObject({
      message: expect.stringMatching(/^The bucket is not there \(NoSuchBucket\)/),
    });
  });
});
