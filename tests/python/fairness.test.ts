import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, inject, it } from 'vitest';

import { copyProject, type Project } from '../project.ts';
import { TestServer, waitFor } from '../server.ts';

const crowded = `
import time
import heady
def hold(seconds: float) -> int:
    time.sleep(seconds)
    return 1
@heady.function(concurrency=1, queue=1)
def narrow(seconds: float) -> int:
    time.sleep(seconds)
    return 1
`;
const rare = 'def answer() -> int:\n    return 42\n';

let project: Project;
let server: TestServer;

beforeAll(async () => {
  project = copyProject(inject('root'));
  for (const [name, text] of Object.entries({ crowded, rare }))
    writeFileSync(join(project.root, `workers/${name}.py`), text);
  server = await TestServer.start({ root: project.root, env: { HEADY_PY_MAX_CONCURRENCY: '2' } });
  for (const path of ['crowded/hold', 'rare/answer']) await server.call(path); // loaded before it counts
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  project[Symbol.dispose]();
});

/** Waits until so many calls run and wait. */
async function load(running: number, queued: number): Promise<void> {
  await waitFor(async () => {
    const { checks } = (await (await server.fetch('/api/health')).json()) as {
      checks: { python: { running: number; queued: number } };
    };
    return (checks.python.running === running && checks.python.queued === queued) || undefined;
  });
}

it('answers the only call of a function while another has 60 waiting', async () => {
  const ended: string[] = [];
  const call = async (path: string, input: object) => {
    const { status } = await server.call(path, input);
    ended.push(path);
    return status;
  };
  const first = [1, 2].map(() => call('crowded/hold', { seconds: 3 }));
  await load(2, 0);
  const others = Array.from({ length: 60 }, () => call('crowded/hold', { seconds: 0 }));
  await load(2, 60);
  const only = call('rare/answer', {});
  const statuses = await Promise.all([...first, ...others, only]);
  expect(new Set(statuses)).toEqual(new Set([200]));
  expect(ended.indexOf('rare/answer')).toBeLessThan(30); // the last of all, if it had to wait for those before it
});

it('bounds the calls of a function by its own declaration, and leaves the slots to others', async () => {
  const running = server.call('crowded/narrow', { seconds: 3 });
  await load(1, 0);
  const waiting = server.call('crowded/narrow', { seconds: 0 });
  await load(1, 1);
  const refused = await server.call('crowded/narrow', { seconds: 0 });
  expect(refused.status).toBe(503);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await refused.json()).toMatchObject({
    code: 'worker-busy',
    detail: 'The queue of crowded.narrow is full with 1 waiting: all 1 places of crowded.narrow are taken.',
  });
  expect(await (await server.call('rare/answer')).json()).toBe(42);
  await load(1, 1); // it took the free slot, past the call that waits
  expect((await Promise.all([running, waiting])).map(({ status }) => status)).toEqual([200, 200]);
});
