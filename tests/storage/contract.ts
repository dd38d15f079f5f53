import { createHash, randomBytes } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type FileStore, type ListedFile, parseKey, type PutOptions } from '../../storage/index.ts';

const signal = new AbortController().signal;

export async function* pieces(...content: readonly (string | Buffer)[]): AsyncGenerator<Uint8Array> {
  for (const piece of content) yield Buffer.from(piece);
}

/** All of it, copied: pieces share their memory. */
export async function contentOf(content: AsyncIterable<Uint8Array> = pieces()): Promise<Buffer> {
  const copies: Buffer[] = [];
  for await (const piece of content) copies.push(Buffer.from(piece));
  return Buffer.concat(copies);
}

/** What every store of files does. */
export function storeSuite(name: string, open: () => Promise<FileStore>): void {
  let store: FileStore;
  beforeAll(async () => {
    store = await open();
  });
  afterAll(() => store[Symbol.asyncDispose]());

  const put = async (key: string, content: string, options: Partial<PutOptions> = {}) =>
    store.put(parseKey(key), pieces(content), { type: 'text/plain', signal, ...options });
  const read = async (key: string) => {
    await using opened = await store.open(parseKey(key));
    return opened && String(await contentOf(opened.pieces()));
  };

  describe(`a file in ${name}`, () => {
    it('is what was put there, with all that was said of it', async () => {
      const made = await put('a/größe.txt', 'hello', { metadata: { by: 'Ann' } });
      expect(made).toEqual({
        key: 'a/größe.txt',
        bytes: 5,
        etag: expect.stringMatching(/^\S+$/),
        type: 'text/plain',
        modifiedAt: expect.any(Number),
        sha256: createHash('sha256').update('hello').digest('base64'),
        metadata: { by: 'Ann' },
      });
      expect(await store.head(made.key)).toEqual(made);
      expect(await read('a/größe.txt')).toBe('hello');
      expect(await read('a/gro\u0308ße.txt')).toBe('hello');
    });

    it('may be empty, and of many pieces', async () => {
      await put('empty', '');
      expect(await read('empty')).toBe('');
      const content = Array.from({ length: 300 }, (_, at) => Buffer.alloc(7001, at));
      const key = parseKey('large');
      await store.put(key, pieces(...content), { type: 'application/octet-stream', signal });
      await using opened = await store.open(key);
      const range = { first: 7000, last: 7001 };
      expect(opened?.file.bytes).toBe(300 * 7001);
      expect(await contentOf(opened?.pieces(range))).toEqual(Buffer.from([0, 1]));
    });

    it('may have a name that is the beginning of another’s path', async () => {
      await put('tree', 'trunk');
      await put('tree/leaf', 'leaf');
      expect([await read('tree'), await read('tree/leaf')]).toEqual(['trunk', 'leaf']);
    });

    it('is replaced as a whole, while who reads the old one reads it to its end', async () => {
      const content = 'the old one'.repeat(1e6); // more than lies in buffers on the way
      await put('replaced', content);
      await using old = await store.open(parseKey('replaced'));
      const reading = (old?.pieces() ?? pieces())[Symbol.asyncIterator]();
      const begun = Buffer.from((await reading.next()).value ?? '');
      const made = await put('replaced', 'the new one');
      const rest = await contentOf({ [Symbol.asyncIterator]: () => reading });
      expect(Buffer.concat([begun, rest]).equals(Buffer.from(content))).toBe(true);
      expect(await read('replaced')).toBe('the new one');
      expect(made.etag).not.toBe(old?.file.etag);
    });

    it('is gone when it is deleted', async () => {
      await put('gone', 'x');
      expect(await store.delete(parseKey('gone'))).toBe(true);
      expect(await store.delete(parseKey('gone'))).toBe(false);
      expect([await store.head(parseKey('gone')), await read('gone')]).toEqual([undefined, undefined]);
    });

    it('is changed only where the conditions hold', async () => {
      const { etag } = await put('guarded', '1', { ifNoneMatch: '*' });
      await expect(put('guarded', '2', { ifNoneMatch: '*' })).rejects.toMatchObject({
        code: 'precondition-failed',
      });
      await expect(put('guarded', '2', { ifMatch: ['another'] })).rejects.toMatchObject({ status: 412 });
      await expect(store.delete(parseKey('guarded'), { ifMatch: ['another'] })).rejects.toMatchObject({
        status: 412,
      });
      await expect(put('absent', '2', { ifMatch: '*' })).rejects.toMatchObject({ status: 412 });
      expect(await read('guarded')).toBe('1');
      await put('guarded', '2', { ifMatch: ['x', etag] });
      expect(await read('guarded')).toBe('2');
    });

    it('has one winner where several would be the first', async () => {
      const tries = Array.from({ length: 8 }, async (_, at) =>
        put('contested', `${at}`, { ifNoneMatch: '*' }),
      );
      const outcomes = await Promise.allSettled(tries);
      const [winner, ...others] = outcomes.flatMap(({ status }, at) => (status === 'fulfilled' ? [at] : []));
      expect([others, await read('contested')]).toEqual([[], String(winner)]);
    });

    it('is not stored where its digest is another, or its content breaks off', async () => {
      await expect(
        put('damaged', 'hello', { sha256: randomBytes(32).toString('base64') }),
      ).rejects.toMatchObject({
        code: 'digest-mismatch',
      });
      const breaking = (async function* () {
        yield Buffer.from('half of');
        throw new Error('the client went away');
      })();
      await expect(store.put(parseKey('damaged'), breaking, { type: 'text/plain', signal })).rejects.toThrow(
        'went away',
      );
      expect(await store.head(parseKey('damaged'))).toBeUndefined();
    });

    it('is copied with its type and metadata', async () => {
      await put('from', 'content', { type: 'text/csv', metadata: { a: 'b' } });
      const copy = await store.copy(parseKey('from'), parseKey('to/there'));
      expect(copy).toMatchObject({ key: 'to/there', bytes: 7, type: 'text/csv', metadata: { a: 'b' } });
      expect(await read('to/there')).toBe('content');
      await expect(store.copy(parseKey('nothing'), parseKey('x'))).rejects.toMatchObject({
        code: 'not-found',
      });
    });
  });

  describe(`a list of ${name}`, () => {
    it('has the files of a prefix in their order, page by page', async () => {
      const keys = ['l/a', 'l/b/1', 'l/b/2', 'l/z', 'l/é', 'l/🙂', 'l2'];
      for (const key of keys.toReversed()) await put(key, key);
      const found: ListedFile[] = [];
      let cursor: string | undefined;
      do {
        const page = await store.list({ prefix: 'l/', limit: 2, ...(cursor !== undefined && { cursor }) });
        found.push(...page.files);
        expect(page.files.length).toBeLessThanOrEqual(2);
        cursor = page.cursor;
      } while (cursor !== undefined);
      expect(found).toEqual(
        keys.slice(0, 6).map((key) => ({
          key,
          bytes: Buffer.byteLength(key),
          etag: expect.stringMatching(/^\S+$/),
          modifiedAt: expect.any(Number),
        })),
      );
      expect(found[0]?.etag).toBe((await store.head(parseKey('l/a')))?.etag);
      expect(await store.list({ prefix: 'none', limit: 5 })).toEqual({ files: [], cursor: undefined });
    });
  });
}
