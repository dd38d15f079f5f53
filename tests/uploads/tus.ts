import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import type { TestServer } from '../server.ts';

type Headers = Readonly<Record<string, string>>;

const version = { 'tus-resumable': '1.0.0' };
const content = { 'content-type': 'application/offset+octet-stream' };

/** `Upload-Metadata` (tus 1.0, creation). */
export function metadata(entries: Readonly<Record<string, string>>): Headers {
  const pairs = Object.entries(entries).map(
    ([name, text]) => `${name} ${Buffer.from(text).toString('base64')}`,
  );
  return { 'upload-metadata': pairs.join(',') };
}

/** The requests of the protocol, each as one call. */
export class Tus {
  readonly #server: TestServer;

  constructor(server: TestServer) {
    this.#server = server;
  }

  async create(bytes: number, headers: Headers = {}, body?: BodyInit): Promise<Response> {
    return this.send('POST', '/api/uploads', {
      headers: { 'upload-length': String(bytes), ...(body !== undefined && content), ...headers },
      ...(body !== undefined && { body }),
    });
  }

  /** Where an upload is that is made for so many bytes. */
  async made(bytes: number, headers: Headers = {}): Promise<string> {
    const response = await this.create(bytes, headers);
    if (response.status !== 201) throw new Error(`status ${response.status}: ${await response.text()}`);
    return response.headers.get('location') ?? '';
  }

  async patch(location: string, offset: number, body: BodyInit, headers: Headers = {}): Promise<Response> {
    const all = { 'upload-offset': String(offset), ...content, ...headers };
    return this.send('PATCH', location, { headers: all, body, duplex: 'half' } as RequestInit);
  }

  async head(location: string): Promise<Response> {
    return this.send('HEAD', location);
  }

  /** How many bytes an upload has. */
  async offset(location: string): Promise<number> {
    return Number((await this.head(location)).headers.get('upload-offset') ?? Number.NaN);
  }

  async send(method: string, path: string, { headers, ...init }: RequestInit = {}): Promise<Response> {
    return this.#server.fetch(path, { ...init, method, headers: { ...version, ...(headers as Headers) } });
  }
}

/** The content of files, of uploads and of what is to become either, in a data directory. */
export function lying(directory: string): string[] {
  const folders = ['files/blobs', 'files/incoming', 'uploads/contents', 'uploads/quarantine'];
  return folders
    .map((folder) => join(directory, folder))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));
}
