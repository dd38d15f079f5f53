import { ERRORS, Server, type Upload } from '@tus/server';

import { type Files, type Mount, pathOf } from '#lib/files';
import { bodyTooLarge } from '#lib/http';

import { algorithms, type Checksum, type VerifiedContent, verify } from './checksum.ts';
import { FiledUploads } from './filed-uploads.ts';
import { problemOfAnswer } from './tus-problems.ts';
import type { UploadLocks } from './upload-locks.ts';
import { fileToBe } from './upload-metadata.ts';

const path = '/api/uploads';
/** A connection whose place another request wants to take is given no time to go on. */
const noTimeMs = 1;

export interface UploadsOptions {
  readonly files: Files;
  readonly locks: UploadLocks;
  readonly ttlMs: number;
  readonly maxBytes: number;
  /** Where clients find the service; undefined where they go on at the address that they have used. */
  readonly publicUrl: string | undefined;
}

/** What of a request is tus. */
export interface TusRequest {
  readonly method: string;
  /** Of the upload that it is about, or that it is to make. */
  readonly id: string;
  readonly headers: Headers;
}

/** The tus protocol over the uploads of one mount. */
export class MountedUploads {
  readonly mount: Mount;
  readonly uploads: FiledUploads;
  readonly #server: Server;
  readonly #maxBytes: number;

  constructor(mount: Mount, { publicUrl = '', maxBytes, ...options }: UploadsOptions) {
    this.mount = mount;
    this.uploads = new FiledUploads({ mount, ...options });
    this.#maxBytes = maxBytes;
    this.#server = new Server({
      path,
      datastore: this.uploads,
      maxSize: maxBytes,
      locker: options.locks,
      lockDrainTimeout: noTimeMs,
      namingFunction: ({ url }) => url.slice(url.lastIndexOf('/') + 1),
      generateUrl: (_request, { id }) => `${publicUrl}${path}/${id}`,
      onUploadFinish: async (_request, { id }) => ({
        headers: locationOf(await this.uploads.getUpload(id)),
      }),
      onResponseError: (_request, error) => {
        throw error; // as what it is: the package would make text of it
      },
    });
  }

  /** @throws {Problem} and what `@tus/server` throws */
  async answer({ method, id, headers }: TusRequest, content: ReadableStream<Uint8Array>): Promise<Response> {
    const body = ['POST', 'PATCH'].includes(method) ? { body: content, duplex: 'half' } : {};
    const request = new Request(`http://uploads.invalid${path}/${id}`, { method, headers, ...body });
    const response = await this.#server.handleWeb(request);
    if (response.status >= 400) throw await problemOfAnswer(response);
    await this.#complete(response, { method, id });
    return response;
  }

  /**
   * The body of a request when it is what its checksum says.
   *
   * @throws {Problem} `checksum-mismatch`, `payload-too-large`, `storage-full`
   */
  async verified(
    request: TusRequest,
    { content, checksum }: { readonly content: ReadableStream<Uint8Array>; readonly checksum: Checksum },
  ): Promise<VerifiedContent> {
    const leftBytes = await this.#leftBytes(request);
    const maxBytes = Number(request.headers.get('content-length') ?? leftBytes);
    if (maxBytes > leftBytes) throw bodyTooLarge(leftBytes);
    const { store, uploads } = this.mount;
    const room = await store.reserve(maxBytes);
    try {
      return await verify(content, { checksum, quarantine: uploads.quarantine, maxBytes });
    } finally {
      room[Symbol.dispose]();
    }
  }

  async has(id: string): Promise<boolean> {
    return this.uploads.look(id).then(() => true, notFound(false));
  }

  /** Ends an upload that may have been made. */
  async forget(id: string): Promise<void> {
    await this.uploads.remove(id).catch(notFound(undefined));
  }

  /** How many bytes may follow those that there are. */
  async #leftBytes({ method, id, headers }: TusRequest): Promise<number> {
    if (method === 'POST') return Math.min(Number(headers.get('upload-length')) || 0, this.#maxBytes);
    const { offset, size = 0 } = await this.uploads.look(id);
    if (headers.get('upload-offset') !== String(offset)) throw ERRORS.INVALID_OFFSET;
    return size - offset;
  }

  /** Who may call from where is for the service to say, as is where a file is to be found. */
  async #complete({ headers }: Response, { method, id }: Pick<TusRequest, 'method' | 'id'>): Promise<void> {
    const aboutOrigins = Array.from(headers.keys()).filter((name) => name.startsWith('access-control-'));
    for (const name of aboutOrigins) headers.delete(name);
    headers.set('x-durability', this.mount.durability);
    if (method === 'OPTIONS') headers.set('tus-checksum-algorithm', algorithms.join(','));
    if (method !== 'HEAD' || headers.get('upload-offset') !== headers.get('upload-length')) return;
    const location = locationOf(await this.uploads.look(id));
    for (const [name, value] of Object.entries(location)) headers.set(name, value);
  }
}

/** Takes it for this value that there is no upload. */
function notFound<T>(value: T) {
  return (error: unknown): T => {
    if (error === ERRORS.FILE_NOT_FOUND) return value;
    throw error;
  };
}

/** Where the file is that an upload has become. */
function locationOf(upload: Upload): Readonly<Record<string, string>> {
  return { 'content-location': pathOf(fileToBe(upload).key) };
}
