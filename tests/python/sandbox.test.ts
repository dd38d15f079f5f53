import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { TestServer, waitFor } from '../server.ts';
import { landlockAbi, sandboxed } from './sandboxed.ts';

const tls = join(import.meta.dirname, '../fixtures/tls');
const certificate = readFileSync(join(tls, 'localhost.crt'), 'utf8');
const declared = join(inject('root'), 'everyday-data');

const site = createHttpsServer(
  { cert: certificate, key: readFileSync(join(tls, 'localhost.key')) },
  (_, response) => response.end('by https'),
);

let server: TestServer;

beforeAll(async () => {
  mkdirSync(declared);
  writeFileSync(join(declared, 'numbers'), '1 2 3');
  server = await TestServer.start({
    root: inject('root'),
    env: { HEADY_PY_SANDBOX: 'auto', CURIOUS_KEY: 'k'.repeat(9) },
  });
  site.listen(0, '127.0.0.1');
  await once(site, 'listening');
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  site.close();
  rmSync(declared, { recursive: true });
});

async function answer<T>(path: string, input: object = {}, from = server): Promise<T> {
  return from.answer<T>(path, input);
}

describe('in the sandbox', () => {
  it.each<[string, unknown]>([
    ['run_subprocess', '42 SEVEN'],
    ['use_asyncio', 'child echoed'],
    ['use_threads', [1, 2, 3]],
    ['resolve_host', true],
    ['use_zoneinfo', ['2026-07-01T12:00:00+02:00', '2026-07-01T10:00:00+00:00']],
    ['use_sqlite', 42],
    ['use_devices', 16],
    ['home_and_cache', true],
    ['use_files', ['copy', 'hard', 'moved', 'pipe', 'soft', 'te', 'two']],
    ['know_the_machine', [true, true, true, true, true, true]],
    ['pandas_csv', '[{"item":"a","price":1},{"item":"b","price":2}]'],
    ['plot_png', true],
    ['multiprocessing_pool', [1, 2, 3]],
    ['unix_socket', 'hello'],
  ])('%s: ordinary Python works', async (name, value) => {
    expect(await answer(`everyday/${name}`)).toEqual(value);
  });

  it('a call by https works, with the certificates of the system beside its own', async () => {
    const { port } = site.address() as AddressInfo;
    const input = { url: `https://localhost:${port}/`, certificate };
    expect(await answer('everyday/https_get', input)).toBe('by https');
  });

  it.runIf(existsSync('/dev/shm'))('shared memory that no process has any more is removed', async () => {
    const name = await answer<string>('everyday/leave_shared_memory');
    await waitFor(() => !existsSync(`/dev/shm/${name}`) || undefined, 15_000);
  });

  it('a folder that is declared can be read', async () => {
    expect(await answer('everyday/read_declared', { folder: inject('root') })).toBe('1 2 3');
  });

  it.skipIf(!sandboxed).each<[string, object]>([
    ['lock_without_shm', {}],
    ['no_unix_socket', {}],
    ['read_undeclared', { folder: inject('root') }],
  ])('%s: what is not declared is refused', async (name, input) => {
    expect(await answer(`everyday/${name}`, input)).toBe('PermissionError');
  });
});

/** What goes through where nothing confines a process: beside it, the sandbox shows that it does something. */
const goesThroughBare = [
  'read_env_file',
  'list_project',
  'write_in_project',
  'truncate_in_project',
  'link_env_file',
  'rename_into_project',
  'write_in_tmp',
  'list_etc',
  'make_shared_memory',
  'list_sibling_directory',
  'write_in_sibling_directory',
  'signal_zygote',
  'signal_server',
  'signal_thread_of_server',
  'signal_zygote_by_tgkill',
  'signal_sibling',
  'open_zygote_by_pidfd',
  'direct_signals_of_a_pipe',
  'limit_zygote',
  'slow_down_zygote',
  'limit_sibling',
  'slow_down_sibling',
  'pin_sibling',
  'let_orphans_go',
  'share_memory_of_system_v',
  'signal_group_of_server',
  'connect_to_unix_socket',
];
/** What stands against signals to a sibling, whose id no filter can know: Landlock from ABI 6 on. */
const byScope = /signal_sibling/;

describe.skipIf(!sandboxed)('a break-out', () => {
  let folder: string;
  const listener = createServer();

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'target-'));
    writeFileSync(join(folder, '.env'), 'SECRET=1');
    writeFileSync(join(folder, 'note.txt'), 'a note');
    listener.listen(join(folder, 'listening.sock'));
    await once(listener, 'listening');
  });
  afterAll(() => {
    listener.close();
    rmSync(folder, { recursive: true });
  });

  async function attempts(target: TestServer): Promise<[string, string][]> {
    const holding = target.call('curious/hold_secret', { seconds: 4 });
    const line = await waitFor(() => target.lines.find(({ message }) => message.startsWith('holding')));
    const sibling = Number(line.message.split(' ')[1]);
    const threads = readdirSync(`/proc/${target.pid}/task`).map(Number);
    const outcomes = await answer<Record<string, string>>(
      'escapes/attempt',
      {
        target: {
          project: folder,
          server: target.pid,
          thread: threads.find((thread) => thread !== target.pid),
          sibling,
          sibling_directory: readlinkSync(`/proc/${sibling}/cwd`),
          socket: join(folder, 'listening.sock'),
        },
      },
      target,
    );
    await holding;
    return Object.entries(outcomes);
  }

  it('is refused, by whatever way it is tried', async () => {
    const through = (await attempts(server)).filter(([, outcome]) => outcome === 'went through');
    expect(through.map(([name]) => name).filter((name) => landlockAbi >= 6 || !byScope.test(name))).toEqual(
      [],
    );
  });

  it('goes through without the sandbox, so that the test above says something', async () => {
    await using bare = await TestServer.start({
      root: inject('root'),
      env: { HEADY_PY_SANDBOX: 'off', CURIOUS_KEY: 'k'.repeat(9) },
    });
    const through = (await attempts(bare)).filter(([, outcome]) => outcome === 'went through');
    expect(through.map(([name]) => name)).toEqual(expect.arrayContaining(goesThroughBare));
  });
});
