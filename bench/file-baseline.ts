import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { waitFor } from '../tests/server.ts';
import { freePort } from './free-port.ts';

/** Another server that takes files by PUT and gives them by GET. */
export interface FileBaseline extends AsyncDisposable {
  readonly name: string;
  readonly url: string;
  /** Has a file that it has taken on the medium, where it does not do so itself. */
  sync(name: string): Promise<void>;
}

/** nginx where it is installed, else Node's own pipeline. */
export async function startFileBaseline(directory: string): Promise<FileBaseline> {
  const isInstalled = spawnSync('nginx', ['-v']).status === 0;
  return isInstalled ? startNginx(directory) : startPipeline(directory);
}

async function startPipeline(directory: string): Promise<FileBaseline> {
  const script = join(import.meta.dirname, 'baseline/file-server.ts');
  const child = spawn('node', [script, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = (await once(createInterface(child.stdout), 'line')) as [string];
  return {
    name: 'pipeline',
    url: `http://127.0.0.1:${port}/`,
    sync: async () => {},
    [Symbol.asyncDispose]: () => end(child),
  };
}

async function startNginx(directory: string): Promise<FileBaseline> {
  const port = await freePort();
  mkdirSync(join(directory, 'incoming'));
  const configuration = join(directory, 'nginx.conf');
  writeFileSync(configuration, nginxConfiguration(directory, port));
  const child = spawn('nginx', ['-p', directory, '-c', configuration], { stdio: 'inherit' });
  const url = `http://127.0.0.1:${port}/`;
  await waitFor(async () => fetch(url).then(Boolean, () => false));
  return {
    name: 'nginx',
    url,
    sync: async (name) => {
      for (const path of [join(directory, name), directory]) {
        await using handle = await open(path, 'r');
        await handle.sync();
      }
    },
    [Symbol.asyncDispose]: () => end(child),
  };
}

/** `incoming` is on the same disk: a body is renamed into place. */
function nginxConfiguration(directory: string, port: number): string {
  return `
    daemon off;
    worker_processes 2;
    pid ${directory}/nginx.pid;
    error_log stderr crit;
    ${process.getuid?.() === 0 ? 'user root;' : ''}
    events {}
    http {
      access_log off;
      sendfile on;
      client_max_body_size 0;
      client_body_temp_path ${directory}/incoming;
      server {
        listen 127.0.0.1:${port};
        root ${directory};
        location / { dav_methods PUT; }
      }
    }`;
}

async function end(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}
