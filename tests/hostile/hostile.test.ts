import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { leftFiles } from '../left-files.ts';
import { processTree } from '../processes.ts';
import { landlockAbi } from '../python/sandboxed.ts';
import { TestServer, waitFor } from '../server.ts';
import { type Hostile, hostileWorkers, type Suite, suiteOf, unprivilegedSuiteOf } from './suite.ts';

const suite = suiteOf(inject('root'));
const { suite: unprivileged, reason } = unprivilegedSuiteOf(inject('root'));

/** What nothing stands against where the kernel cannot scope signals: it would end the processes of this machine. */
const needsScopes = new Set(['kill_siblings']);
/** What nothing stands against without Landlock. */
const needsLandlock = new Set([
  'kill_all',
  'kill_parent',
  'read_environments',
  'take_descriptors',
  'connect_to_engine',
]);

function canBeRefused({ name }: Hostile): boolean {
  if (needsScopes.has(name)) return landlockAbi >= 6;
  return landlockAbi > 0 || !needsLandlock.has(name);
}

describe('as the current user', () => {
  attack(suite);
});
describe.skipIf(!unprivileged)(`as a user without privileges ${reason}`, () => {
  attack(unprivileged ?? suite);
});

function attack({ root, uid, [Symbol.dispose]: remove }: Suite): void {
  let server: TestServer;
  let atRest: { readonly processes: number; readonly descriptors: number };

  beforeAll(async () => {
    server = await TestServer.start({
      root,
      uid,
      env: { HOME: root, HEADY_PY_MAX_CONCURRENCY: '5', HEADY_PY_IMPORT_TIMEOUT: '3s' },
    });
    await server.fetch('/api/workers'); // loads all of them
    await settled(server);
    atRest = { processes: processTree(server.pid).length, descriptors: descriptorsOf(server) };
  }, 60_000);
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    remove();
  });

  it.each(hostileWorkers.filter(canBeRefused))(
    '$name: its caller gets $expected $detail, others what they asked for, and nothing is left',
    async ({ name, expected, detail }) => {
      const others = Promise.all([0, 1, 2, 3].map((caller) => callWellBehaved(server, caller)));
      const response = await server.call(`${name}/run`);
      const body = (await response.json()) as { code?: string; detail?: string };
      if (expected === 'refused') expect(body).toEqual([]);
      else if (expected === 'ok') expect(response.status).toBe(200);
      else {
        expect(body.code).toBe(expected);
        expect(body.detail).toContain(detail);
      }
      expect(await others).toEqual(Array(4).fill(25));
      await waitFor(() => processTree(server.pid).length <= atRest.processes || undefined);
      await waitFor(() => descriptorsOf(server) <= atRest.descriptors || undefined);
      await waitFor(() => leftFiles(server).length === 0 || undefined);
    },
    30_000,
  );

  it('counts what it has cut of a flood of output', async () => {
    const record = await server.line(
      ({ message, worker }) => message === 'invocation' && worker === 'print_1gb',
    );
    expect(record.cutBytes).toBeGreaterThan(1000 * 1024 ** 2);
  });

  it('is the same service still', () => {
    expect(server.output).not.toMatch(/base zygote ended/);
    expect(processTree(server.pid)[0]?.pid).toBe(server.pid);
  });
}

/** Twenty-five calls, one after the other; how many were answered as they should be. */
async function callWellBehaved(server: TestServer, caller: number): Promise<number> {
  let right = 0;
  for (let call = 0; call < 25; call += 1) {
    const value = caller * 100 + call;
    const response = await server.call('well_behaved/run', { value });
    if (response.status === 200 && (await response.json()) === value + 1) right += 1;
  }
  return right;
}

/** Resolved when the number of processes stays the same. */
async function settled(server: TestServer): Promise<void> {
  let last = 0;
  await waitFor(async () => {
    const now = processTree(server.pid).length;
    const same = now === last;
    last = now;
    await new Promise((resolve) => setTimeout(resolve, 300));
    return same || undefined;
  });
}

/** Pipes and unix sockets of the server and of all zygotes; connections of the test's own client come and go. */
function descriptorsOf(server: TestServer): number {
  const unix = new Set(readFileSync('/proc/net/unix', 'utf8').match(/(?<= )\d+(?= ?(?:\/|@|$))/gm));
  return processTree(server.pid)
    .flatMap(({ pid }) => linksOf(pid))
    .filter((link) => link.startsWith('pipe:') || unix.has(/^socket:\[(\d+)\]$/.exec(link)?.[1] ?? ''))
    .length;
}

/** What a process has open; what it closes meanwhile is left out, and so is one that ends. */
function linksOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return orNothing(() => readdirSync(folder)).flatMap((fd) =>
    orNothing(() => [readlinkSync(`${folder}/${fd}`)]),
  );
}

function orNothing(read: () => string[]): string[] {
  try {
    return read();
  } catch {
    return [];
  }
}
