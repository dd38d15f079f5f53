/**
 * `npm run bench`: prints the table; with `-- --write` it goes into the README as well, with `-- --only front-door`
 * just that part is measured. Fails when a target is missed.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { measureBreaches } from './breaches.ts';
import { runCallers } from './callers.ts';
import { startFastApiBaseline } from './fastapi-baseline.ts';
import { measureFiles } from './files.ts';
import { measureFrontDoor } from './front-door.ts';
import { measureInference } from './inference.ts';
import { measureLatency } from './latency.ts';
import { describeMachine } from './machine.ts';
import { measureChildren, measureRest, shapeOf } from './memory.ts';
import { measureOverload } from './overload.ts';
import { startPersistentBaseline } from './persistent-baseline.ts';
import { measurePhysicalLimit } from './physical-limit.ts';
import { renderTable, type Row, writeResults } from './report.ts';
import { measureSaves } from './saves.ts';
import { makeBenchProject, ServiceSubject } from './service.ts';
import { measureSmallService } from './small-service.ts';
import { spawnBaseline } from './spawn-baseline.ts';
import { measureStart } from './start.ts';
import { measureStreams } from './streams.ts';
import { describeTarget, isMet } from './targets.ts';
import { callers, measureThroughput } from './throughput.ts';
import { measureUpload } from './upload.ts';

/** Until what a start or a load has begun is over. */
const restMs = 3000;
/** Until code is compiled and caches are filled, in Node as in Python. */
const warmUp = { callers: 1, maxCalls: 300, maxMs: 5000 };

/** What can be measured by itself, of the built project at `root`. */
const parts = {
  calls: measureCalls,
  breaches: measureBreaches,
  streams: measureStreams,
  saves: measureSaves,
  start: async (root: string) => [await measureStart(root)],
  upload: async (root: string) => [await measureUpload(root)],
  files: measureFiles,
  inference: measureInference,
  'front-door': measureFrontDoor,
  overload: measureOverload,
} satisfies Record<string, (root: string) => Promise<Row[]>>;
type PartName = keyof typeof parts;

const { values } = parseArgs({
  options: { write: { type: 'boolean', default: false }, only: { type: 'string' } },
});
const only = values.only === undefined ? undefined : partNamed(values.only);
const machine = describeMachine(); // before the load is this run's own
const rows = await measure(only === undefined ? (Object.keys(parts) as PartName[]) : [only]);
const results = `${machine}\n\n${renderTable(rows)}`;
console.log(results);
if (values.write) writeResults(results, only);
for (const row of rows.filter((measured) => !isMet(measured))) {
  console.error(
    `missed: ${row.measure}: ${row.result.value} ${row.result.unit}, wanted ${describeTarget(row)}`,
  );
  process.exitCode = 1;
}

function partNamed(name: string): PartName {
  if (Object.hasOwn(parts, name)) return name as PartName;
  throw new Error(`--only ${name}: expected one of ${Object.keys(parts).join(', ')}`);
}

async function measure(names: readonly PartName[]): Promise<Row[]> {
  using project = await makeBenchProject();
  const measured: Row[] = [];
  for (const name of names) measured.push(...(await parts[name](project.root)));
  return measured;
}

/** The calls of a Python function, beside other ways to have it called. */
async function measureCalls(root: string): Promise<Row[]> {
  await using service = await ServiceSubject.start(root);
  await delay(restMs);
  const rest = await measureRest(service, 'at rest');
  await using wideService = await ServiceSubject.start(root, callers);
  await using persistent = await startPersistentBaseline();
  await using fastapi = await startFastApiBaseline();
  await using reused = service.at('/api/workers/trivial/echo_reused');
  await using unisolated = service.at('/api/persistent');
  const subjects = { service, wideService, spawning: spawnBaseline, persistent, fastapi, reused, unisolated };
  for (const subject of Object.values(subjects)) await runCallers(subject, warmUp);
  const paced = await measureSmallService(subjects);
  const latency = await measureLatency(subjects);
  const throughput = await measureThroughput(subjects);
  const physical = await measurePhysicalLimit([service, wideService], await shapeOf(service));
  await delay(restMs);
  return [
    ...paced,
    ...latency,
    ...throughput,
    ...physical,
    ...(await measureChildren(service)),
    rest,
    await measureRest(service, 'after the load'),
  ];
}
