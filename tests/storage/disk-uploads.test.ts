import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';

import { Upload } from '@tus/server';
import { afterAll, describe, expect, it } from 'vitest';

import { DiskUploads } from '../../storage/index.ts';

const directory = mkdtempSync(join(tmpdir(), 'uploads-'));
afterAll(() => rmSync(directory, { recursive: true }));

function upload(size: number): Upload {
  return new Upload({ id: randomUUID(), size, offset: 0, metadata: { key: 'a', flag: null } });
}

function fail(error: Error): never {
  throw error;
}

function content(...pieces: readonly string[]): Readable {
  return Readable.from(pieces.map((piece) => Buffer.from(piece)));
}

describe('uploads on a disk', () => {
  it('have what came, where it came, across a restart', async () => {
    const folder = join(directory, 'kept');
    const uploads = await DiskUploads.open(folder);
    const made = await uploads.create(upload(10));
    expect(await uploads.write(content('01', '23'), made.id, 0)).toBe(4);
    const again = await DiskUploads.open(folder);
    expect(await again.getUpload(made.id)).toEqual({ ...made, offset: 4 });
    expect(await again.write(content('456789'), made.id, 4)).toBe(10);
    expect(readFileSync(again.placeOf(made.id), 'utf8')).toBe('0123456789');
    expect(await Array.fromAsync(again.all(fail))).toEqual([{ ...made, offset: 10 }]);
  });

  it('keep what had come when a connection breaks', async () => {
    const uploads = await DiskUploads.open(join(directory, 'broken'));
    const { id } = await uploads.create(upload(10));
    const torn = Readable.from(
      (async function* () {
        yield Buffer.from('012');
        throw new Error('gone');
      })(),
    );
    await expect(uploads.write(torn, id, 0)).rejects.toThrow('gone');
    expect((await uploads.getUpload(id)).offset).toBe(3);
  });

  it('take bytes at their end alone', async () => {
    const uploads = await DiskUploads.open(join(directory, 'end'));
    const { id } = await uploads.create(upload(10));
    await uploads.write(content('012'), id, 0);
    await expect(uploads.write(content('xxx'), id, 1)).rejects.toMatchObject({ status_code: 409 });
    expect(readFileSync(uploads.placeOf(id), 'utf8')).toBe('012');
  });

  it('are complete when their content has been taken', async () => {
    const uploads = await DiskUploads.open(join(directory, 'taken'));
    const { id } = await uploads.create(upload(3));
    await uploads.write(content('012'), id, 0);
    rmSync(uploads.placeOf(id));
    expect((await uploads.getUpload(id)).offset).toBe(3);
    await uploads.remove(id);
    await expect(uploads.getUpload(id)).rejects.toMatchObject({ status_code: 404 });
  });

  it('leave nothing when they are removed, nor what a crash left', async () => {
    const folder = join(directory, 'swept');
    const uploads = await DiskUploads.open(folder);
    const { id } = await uploads.create(upload(3));
    await uploads.remove(id);
    writeFileSync(join(folder, 'contents', randomUUID()), 'without a note');
    writeFileSync(join(folder, 'quarantine', randomUUID()), 'not trusted');
    await DiskUploads.open(folder);
    expect(readdirSync(folder).flatMap((name) => readdirSync(join(folder, name)))).toEqual([]);
  });

  it('are all there but those whose note cannot be read, which is told', async () => {
    const folder = join(directory, 'damaged');
    const uploads = await DiskUploads.open(folder);
    const made = await uploads.create(upload(3));
    const damaged = await uploads.create(upload(3));
    for (const name of ['x', damaged.id]) writeFileSync(join(folder, `notes/${name}.json`), '{"size":');
    const faults: string[] = [];
    const again = await DiskUploads.open(folder);
    const all = await Array.fromAsync(again.all(({ message }) => faults.push(message)));
    expect(all).toEqual([made]);
    expect(faults.toSorted()).toEqual(
      ['x', damaged.id]
        .map((name) => `an upload is left out: ${folder}/notes/${name}.json cannot be read`)
        .toSorted(),
    );
  });

  it.each(['..', 'x', '../notes/x', `${randomUUID()}/..`, ''])('have none with the id %j', async (id) => {
    const uploads = await DiskUploads.open(join(directory, 'ids'));
    await expect(uploads.getUpload(id)).rejects.toMatchObject({ status_code: 404 });
    await expect(uploads.remove(id)).rejects.toMatchObject({ status_code: 404 });
  });
});
