import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';

import type { H3Event } from 'h3';

import { type FormOptions, receiveForm } from './receive.ts';
import { writeContent } from './write-content.ts';

/** A file part, on disk. */
export interface Upload {
  readonly field: string;
  readonly path: string;
  /** The base name that the client gave, made safe: to be shown, and to be offered for a download. */
  readonly name: string;
  /** The type that the client gave, unchecked. */
  readonly type: string;
  readonly bytes: number;
}

/** A form that was read. Disposing of it removes the files that have not been moved away. */
export interface Multipart extends AsyncDisposable {
  readonly fields: ReadonlyMap<string, readonly string[]>;
  /** In the order in which they came. */
  readonly uploads: readonly Upload[];
}

export interface MultipartOptions extends FormOptions {
  /** Where the files go, into a folder of their own. */
  readonly directory: string;
}

/**
 * Reads a `multipart/form-data` body, its files straight to disk. The route says `uploads: true`.
 *
 * @throws {Problem} as {@link receiveForm}; nothing is left on disk.
 * @example
 * await using form = await readMultipart(event, { directory: tmpdir() });
 */
export async function readMultipart(
  event: H3Event,
  { directory, ...options }: MultipartOptions,
): Promise<Multipart> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(directory, 'upload-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const uploads: Upload[] = [];
  const fields = await receiveForm(event, {
    ...options,
    onFile: async ({ content, ...file }) => {
      const path = join(folder, String(uploads.length)); // never by the client's name
      uploads.push({ ...file, path, bytes: await writeContent(content, path) });
    },
  });
  const kept = stack.move();
  return { fields, uploads, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}
