import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest';

import { type InstanceMemory, instanceMemoryReader } from '../../lib/python/memory/instance-memory.ts';
import { InstanceWatchdog } from '../../lib/python/memory/instance-watchdog.ts';
import { MemoryBudget } from '../../lib/python/memory/memory-budget.ts';
import { copyProject, type Project } from '../project.ts';
import { TestServer, waitFor } from '../server.ts';

const megabyte = 1024 ** 2;

describe('the memory of the instance', () => {
  const root = mkdtempSync(join(tmpdir(), 'instance-'));
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  function files(tree: Record<string, string>): void {
    for (const [path, text] of Object.entries(tree)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
  }

  const group2 = {
    'memory.max': '536870912\n',
    'memory.current': '314572800\n',
    'memory.stat': 'anon 1\ninactive_file 104857600\n',
  };
  const group1 = {
    'memory.limit_in_bytes': '536870912\n',
    'memory.usage_in_bytes': '314572800\n',
    'memory.stat': 'inactive_file 1\ntotal_inactive_file 104857600\n',
  };
  const mount2 = (mounted: string) => `31 23 0:28 ${mounted} /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw\n`;
  const mount1 = (mounted: string) =>
    `34 31 0:31 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n` +
    `35 31 0:32 ${mounted} /sys/fs/cgroup/memory rw shared:9 - cgroup cgroup rw,memory\n`;
  const machine = 'MemTotal:  524288 kB\nMemFree: 1 kB\nMemAvailable:  319488 kB\n';

  /** The files of a group, in its folder. */
  function group(folder: string, of: Record<string, string>): Record<string, string> {
    return Object.fromEntries(Object.entries(of).map(([name, text]) => [join(folder, name), text]));
  }

  it.each<[string, Record<string, string>]>([
    [
      'version 2, in a container that sees its own group at the root',
      {
        'proc/self/cgroup': '0::/\n',
        'proc/self/mountinfo': mount2('/'),
        ...group('sys/fs/cgroup', group2),
      },
    ],
    [
      'version 2, in a container that is told the path of its host',
      {
        'proc/self/cgroup': '0::/system.slice/docker-1.scope\n',
        'proc/self/mountinfo': mount2('/system.slice/docker-1.scope'),
        ...group('sys/fs/cgroup', group2),
      },
    ],
    [
      'version 2, of the group above that has the least left',
      {
        'proc/self/cgroup': '0::/pod/container\n',
        'proc/self/mountinfo': mount2('/'),
        ...group('sys/fs/cgroup/pod', group2),
        ...group('sys/fs/cgroup/pod/container', { ...group2, 'memory.max': 'max\n' }),
        'proc/meminfo': 'MemTotal: 9999999 kB\nMemAvailable: 9999999 kB\n',
      },
    ],
    [
      'version 1, beside a version 2 that has no memory controller',
      {
        'proc/self/cgroup': '5:cpu,cpuacct:/x\n4:memory:/service\n0::/\n',
        'proc/self/mountinfo': `${mount1('/')}41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n`,
        ...group('sys/fs/cgroup/memory/service', group1),
        ...group('sys/fs/cgroup/memory', { ...group1, 'memory.limit_in_bytes': '9223372036854771712\n' }),
      },
    ],
    [
      'the machine, where no group has a limit',
      {
        'proc/self/cgroup': '0::/\n',
        'proc/self/mountinfo': mount2('/'),
        'sys/fs/cgroup/memory.max': 'max\n',
        'proc/meminfo': machine,
      },
    ],
    ['the machine, where there are no groups', { 'proc/meminfo': machine }],
  ])('is read of %s', (_, tree) => {
    files(tree);
    expect(instanceMemoryReader(root)()).toEqual({ totalBytes: 512 * megabyte, leftBytes: 312 * megabyte });
  });

  it('is not known where nothing tells it', () => {
    expect(instanceMemoryReader(join(root, 'nowhere'))()).toBeUndefined();
  });
});

describe('an instance that runs short', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] }));
  afterEach(() => void vi.useRealTimers());

  it('ends the largest invocation, once, and retires idle workers before', () => {
    let left = 200 * megabyte;
    const evicted: string[] = [];
    let pressures = 0;
    const watchdog = new InstanceWatchdog({
      read: (): InstanceMemory => ({ totalBytes: 512 * megabyte, leftBytes: left }),
      onPressure: () => (pressures += 1),
    });
    const invocation = (name: string, bytes: number) => ({
      residentBytes: () => bytes,
      evict: () => void evicted.push(name),
    });
    const running = [invocation('small', 1), invocation('large', 3), invocation('middle', 2)].map((each) =>
      watchdog.watch(each),
    );
    vi.advanceTimersByTime(100);
    expect({ evicted, pressures }).toEqual({ evicted: [], pressures: 0 });
    left = 50 * megabyte;
    vi.advanceTimersByTime(50);
    expect({ evicted, pressures }).toEqual({ evicted: [], pressures: 1 });
    vi.advanceTimersByTime(100);
    expect(pressures).toBe(1); // what was retired is not gone yet
    left = 10 * megabyte;
    vi.advanceTimersByTime(200);
    expect(evicted).toEqual(['large']);
    for (const each of running) each[Symbol.dispose]();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('the budget', () => {
  it('leaves room for two calls of the default size on the smallest instance', () => {
    const budget = new MemoryBudget(512 * megabyte, 128 * megabyte);
    const python = 68 * megabyte; // base zygote, zygote and waiting children of a worker that imports pydantic, measured
    expect(budget.bytes).toBeGreaterThan(2 * 128 * megabyte + python);
    expect(String(budget)).toMatch(/^512MB instance - 172MB node - .* = \d+MB for invocations$/);
  });

  it('grows and shrinks with the zygotes, but for what a function can have at most', async () => {
    const budget = new MemoryBudget(512 * megabyte, 154 * megabyte);
    const { bytes, mostBytes } = budget;
    await budget.measure(
      [],
      new Map([['worker', { pids: () => [process.pid], serving: 0, idlePid: () => undefined }]]),
    );
    expect(budget.zygoteBytesOf('worker')).toBeGreaterThan(0);
    expect(budget.bytes).toBeLessThan(bytes);
    expect(budget.mostBytes).toBe(mostBytes);
    budget.forget('worker');
    expect(budget.bytes).toBe(bytes);
  });
});

/** How many calls run now. */
async function calledAtOnce(server: TestServer): Promise<number> {
  const { checks } = (await (await server.fetch('/api/health')).json()) as {
    checks: { python: { running: number } };
  };
  return checks.python.running;
}

const usual = `
import time
def hold(seconds: float) -> int:
    print("usual call")
    time.sleep(seconds)
    return 1
`;

describe('a service on the smallest instance', () => {
  const smallest = { RENDER: 'true', RENDER_CPU_COUNT: '0.5', HEADY_PY_LOAD: 'ahead' };
  let project: Project;
  let server: TestServer;

  beforeAll(async () => {
    project = copyProject(inject('root'));
    server = await TestServer.start({
      root: project.root,
      env: { ...smallest, HEADY_PY_MAX_CONCURRENCY: '4' },
    });
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    project[Symbol.dispose]();
  });

  it('says at its start what it has for invocations', async () => {
    const { message } = await server.line((line) => line.message.startsWith('python memory: '));
    expect(message).toMatch(/512MB instance - .* = \d+MB for invocations/);
  });

  it('refuses a function that asks for more than it can ever have, and says both figures', async () => {
    const response = await server.call('greedy/too_much');
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({
      code: 'worker-unavailable',
      detail: expect.stringMatching(/too_much asks for 1GB of memory, .* \d+(\.\d)?MB at most/),
    });
  });

  it('lists how many calls of each function fit', async () => {
    const response = await server.fetch('/api/workers');
    const { workers } = (await response.json()) as {
      workers: { name: string; functions?: { name: string; fits: number }[] }[];
    };
    const functions = workers.find(({ name }) => name === 'greedy')?.functions ?? [];
    const fits = (name: string) => functions.find((each) => each.name === name)?.fits;
    expect(fits('too_much')).toBe(0);
    expect(fits('memory_in_file')).toBeGreaterThanOrEqual(1);
  });

  it('gives up idle workers for as many calls of the default size as run at once by default', async () => {
    writeFileSync(join(project.root, 'workers/usual.py'), usual);
    await using another = await TestServer.start({ root: project.root, env: smallest });
    await another.line(({ message }) => message.startsWith('python memory: '));
    const calls = [1, 2].map(() => another.call('usual/hold', { seconds: 3 }));
    await waitFor(
      () => another.lines.filter(({ message }) => message === 'usual call').length === 2 || undefined,
    );
    expect(await calledAtOnce(another)).toBe(2);
    expect(another.lines.filter(({ message }) => message.includes('is retired')).length).toBeGreaterThan(0);
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual([200, 200]);
  });

  it('runs as many at once with the only worker of a new project, which cannot be given up', async () => {
    using fresh = copyProject(inject('root'));
    const folder = join(fresh.root, 'workers');
    const source = readFileSync(join(folder, 'process_data.py'), 'utf8');
    for (const name of readdirSync(folder)) if (name.endsWith('.py')) rmSync(join(folder, name));
    writeFileSync(join(folder, 'process_data.py'), `${source}\n${usual}`);
    await using another = await TestServer.start({ root: fresh.root, env: smallest });
    const calls = [1, 2].map(() => another.call('process_data/hold', { seconds: 3 }));
    await waitFor(
      () => another.lines.filter(({ message }) => message === 'usual call').length === 2 || undefined,
    );
    expect(await calledAtOnce(another)).toBe(2);
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual([200, 200]);
  });

  it('runs no more at once than fit, though there are slots', async () => {
    const calls = [1, 2, 3].map(() => server.call('greedy/half', { seconds: 1 }));
    await waitFor(async () => {
      const health = await server.fetch('/api/health');
      const { checks } = (await health.json()) as {
        checks: { python: { running: number; queued: number } };
      };
      return (checks.python.running === 1 && checks.python.queued === 2) || undefined;
    });
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual([200, 200, 200]);
  });
});

const keptWarm = `
import time
import heady
time.sleep(0.5)
print("warm worker imported")
@heady.function(warm=True)
def ready() -> bool:
    return True
`;

it('is ready when the workers that ask for it are loaded, and not before', async () => {
  using project = copyProject(inject('root'));
  writeFileSync(join(project.root, 'workers/kept_warm.py'), keptWarm);
  await using server = await TestServer.start({ root: project.root });
  const states: unknown[] = [];
  await waitFor(async () => {
    const response = await server.fetch('/api/health');
    const { state } = (await response.json()) as { state: string };
    states.push([response.status, state]);
    return response.status === 200 || undefined;
  });
  expect(states[0]).toEqual([503, 'starting']);
  expect(states.at(-1)).toEqual([200, 'ready']);
  await server.line(({ message }) => message === 'warm worker imported');
});
