import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createConsola, LogLevels, type LogObject } from 'consola';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';

import { loadConfig } from '../../lib/config/index.ts';
import { Redactor } from '../../lib/log/index.ts';
import { PythonEngine } from '../../lib/python/index.ts';
import { instanceMemoryReader } from '../../lib/python/memory/instance-memory.ts';
import { memoryInvocations } from '../../lib/records/index.ts';
import { copyProject, type Project } from '../project.ts';
import { waitFor } from '../server.ts';

const megabyte = 1024 ** 2;
/** Holds memory within its own limit. */
const holding = `
import time
import heady
@heady.function(memory="100MB")
def hold(megabytes: int, seconds: float) -> int:
    kept = bytearray(b"x") * (megabytes * 1024**2)
    print(f"holds {megabytes}")
    time.sleep(seconds)
    return len(kept)
`;

let project: Project;
let groups: string;
let engine: PythonEngine;
const messages: string[] = [];

/** What the control group of this test says that its processes use; files that could be dropped are a part of it. */
function use(megabytes: number): void {
  writeFileSync(join(groups, 'sys/fs/cgroup/memory.current'), `${megabytes * megabyte}\n`);
}

beforeAll(async () => {
  project = copyProject(inject('root'));
  writeFileSync(join(project.root, 'workers/holding.py'), holding);
  groups = mkdtempSync(join(tmpdir(), 'groups-'));
  for (const folder of ['proc/self', 'sys/fs/cgroup']) mkdirSync(join(groups, folder), { recursive: true });
  const files = {
    'proc/self/cgroup': '0::/\n',
    'proc/self/mountinfo': '31 23 0:28 / /sys/fs/cgroup ro - cgroup2 cgroup rw\n',
    'sys/fs/cgroup/memory.max': `${1024 * megabyte}\n`,
    'sys/fs/cgroup/memory.stat': `inactive_file ${100 * megabyte}\n`,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(groups, name), text);
  use(300);
  const read = instanceMemoryReader(groups);
  engine = await PythonEngine.start({
    config: loadConfig({}, project.root),
    log: createConsola({
      level: LogLevels.info, // in tests it is higher by default
      reporters: [{ log: ({ args }: LogObject) => void messages.push(args.join(' ')) }],
    }),
    invocations: memoryInvocations(),
    draining: new AbortController().signal,
    redactor: new Redactor(new Map()),
    environment: {},
    grant: () => ({ environment: {}, usage: undefined, [Symbol.dispose]: () => {} }),
    instanceMemory: () => {
      const memory = read();
      if (memory && memory.leftBytes < 100 * megabyte) use(300); // the end of one call is enough
      return memory;
    },
  });
});
afterAll(async () => {
  await engine.stop();
  rmSync(groups, { recursive: true });
  project[Symbol.dispose]();
});

async function call(worker: string, name: string, input: object): Promise<unknown> {
  const answer = await engine.invoke({
    worker,
    function: name,
    input: Buffer.from(JSON.stringify(input)),
    requestId: 'test',
    signal: new AbortController().signal,
  });
  return JSON.parse(String(answer.json));
}

it('ends the largest call alone when the control group runs short, and says so', async () => {
  expect(await call('types', 'asynchronous', { value: 1 })).toBe(2);
  const small = call('holding', 'hold', { megabytes: 5, seconds: 3 });
  const large = call('holding', 'hold', { megabytes: 60, seconds: 20 }).catch((error: unknown) => error);
  await waitFor(() => ['holds 5', 'holds 60'].every((message) => messages.includes(message)) || undefined);
  use(1100);
  expect(await large).toMatchObject({
    code: 'worker-memory-exceeded',
    message: expect.stringMatching(
      /^holding\.hold was ended because the instance ran short of memory: 24MB of 1GB were left/,
    ),
    options: { limit: '1GB', used: expect.stringMatching(/^\d+(\.\d)?MB$/) },
  });
  expect(await small).toBe(5 * megabyte);
  expect(messages).toContain('worker types is retired until it is called, as memory is short');
  expect(await call('types', 'asynchronous', { value: 1 })).toBe(2);
});
