/** `npm run bench:profile`: where the time of one isolated call goes, on its path and off it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { loadConfig } from '../lib/config/index.ts';
import { createLog, Redactor } from '../lib/log/index.ts';
import { OutputLog } from '../lib/python/output/output-log.ts';
import { Offspring } from '../lib/python/processes/offspring.ts';
import { FrameKind } from '../lib/python/wire/frames.ts';
import { BaseSupervisor } from '../lib/python/workers/base-supervisor.ts';
import { findInterpreter } from '../lib/python/workers/interpreter.ts';
import { runCallers } from './callers.ts';
import { describeMachine } from './machine.ts';
import { renderTable, type Row } from './report.ts';
import { makeBenchProject, ServiceSubject } from './service.ts';
import { median } from './statistics.ts';
import { input } from './subject.ts';

const calls = 400;

const order = JSON.stringify({
  requestId: 'profile',
  invocationId: 'profile',
  function: 'echo',
  timeoutSeconds: 90,
  outputBytes: 1024 ** 2,
  environment: { HEADY_INFERENCE_TOKEN: 'none' },
});
const length = Buffer.alloc(4);
length.writeUInt32BE(Buffer.byteLength(order));
const request = Buffer.concat([length, Buffer.from(order + input)]);

using project = await makeBenchProject();
const service = await ServiceSubject.start(project.root);
await runCallers(service, { callers: 1, maxCalls: calls, maxMs: 20_000 });
const { latenciesMs } = await runCallers(service, { callers: 1, maxCalls: calls, maxMs: 20_000 });
const runs = service.invocations.slice(-calls).map(({ runMs }) => Number(runMs));
await service[Symbol.asyncDispose]();
const life = await profileLife(project.root);
const total = median(latenciesMs);
const python = median(runs);
console.log(
  `${describeMachine()}\n\n${renderTable([
    row('On the path: from the request to its answer, at the caller', total),
    row('… of it HTTP, routing, key, admission, log', total - python),
    row('… of it waiting for the child, and waking for its answer', python - life.callMs),
    row('… of it the child: read, parse, validate, call, serialise, write', life.callMs),
    row('Before: fork, confine, rehearse, until the child waits', life.readyMs),
    row('After: end of the process, its report', life.endMs),
  ])}`,
);

function row(measure: string, value: number): Row {
  return { measure, result: { value, unit: 'ms' }, figures: [`median of ${calls} calls`] };
}

/** The life of a child, without the service around it. */
async function profileLife(root: string): Promise<{ readyMs: number; callMs: number; endMs: number }> {
  const runDirectory = mkdtempSync(join(tmpdir(), 'profile-'));
  const redactor = new Redactor(new Map());
  const log = createLog({ format: 'json', level: 'error', redactor });
  const output = new OutputLog(log, redactor);
  const interpreter = await findInterpreter(loadConfig({ HEADY_HF_MOCK: '1' }, root));
  const workersDirectory = join(root, 'workers');
  const base = await BaseSupervisor.start({ interpreter, workersDirectory, runDirectory, log, output });
  try {
    const zygote = await (await base.current()).fork();
    zygote.connection.sendJson(FrameKind.open, openOrder(root));
    await zygote.connection.next();
    const offspring = new Offspring({
      control: zygote.connection,
      directory: zygote.directory,
      sink: () => () => {},
    });
    const lives = [];
    for (let number = 0; number < calls; number += 1)
      lives.push(await live(offspring, join(zygote.directory, '0.sock')));
    return {
      readyMs: median(lives.map(({ readyMs }) => readyMs)),
      callMs: median(lives.map(({ callMs }) => callMs)),
      endMs: median(lives.map(({ endMs }) => endMs)),
    };
  } finally {
    await base.stop();
    rmSync(runDirectory, { recursive: true });
  }
}

function openOrder(root: string): object {
  return {
    name: 'trivial',
    file: join(root, 'workers/trivial.py'),
    root,
    defaults: { cpuSeconds: 60, memoryBytes: 256 * 1024 ** 2, diskBytes: 256 * 1024 ** 2 },
    environment: {},
    unsafe: null,
    sandbox: 'auto',
    code: [join(root, 'workers')],
    private: [],
  };
}

async function live(
  offspring: Offspring,
  socket: string,
): Promise<{ readyMs: number; callMs: number; endMs: number }> {
  const startedAt = performance.now();
  const child = await offspring.fork(socket);
  if (!child) throw new Error('a child ended before it was ready');
  const readyAt = performance.now();
  child.connection.send(FrameKind.call, request);
  await child.connection.next();
  const answeredAt = performance.now();
  await child.ended;
  return {
    readyMs: readyAt - startedAt,
    callMs: answeredAt - readyAt,
    endMs: performance.now() - answeredAt,
  };
}
