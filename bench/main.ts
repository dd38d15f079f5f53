/** `npm run bench`: prints the table; with `-- --write` it goes into the README as well. Fails when a target is missed. */
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { measureBreaches } from './breaches.ts';
import { runCallers } from './callers.ts';
import { startFastApiBaseline } from './fastapi-baseline.ts';
import { measureFiles } from './files.ts';
import { measureInference } from './inference.ts';
import { measureLatency } from './latency.ts';
import { describeMachine } from './machine.ts';
import { measureChildren, measureRest, shapeOf } from './memory.ts';
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

const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } });
/** Until what a start or a load has begun is over. */
const restMs = 3000;
/** Until code is compiled and caches are filled, in Node as in Python. */
const warmUp = { callers: 1, maxCalls: 300, maxMs: 5000 };

const machine = describeMachine(); // before the load is this run's own
const rows = await measure();
const results = `${machine}\n\n${renderTable(rows)}`;
console.log(results);
if (values.write) writeResults(results);
for (const row of rows.filter((measured) => !isMet(measured))) {
  console.error(
    `missed: ${row.measure}: ${row.result.value} ${row.result.unit}, wanted ${describeTarget(row)}`,
  );
  process.exitCode = 1;
}

async function measure(): Promise<Row[]> {
  using project = await makeBenchProject();
  const start = await measureStart(project.root);
  const uploaded = await measureUpload(project.root);
  const files = await measureFiles(project.root);
  const inference = await measureInference(project.root);
  await using service = await ServiceSubject.start(project.root);
  await delay(restMs);
  const rest = await measureRest(service, 'at rest');
  await using wideService = await ServiceSubject.start(project.root, callers);
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
    ...(await measureBreaches(project.root)),
    ...(await measureStreams(project.root)),
    ...(await measureSaves()),
    rest,
    await measureRest(service, 'after the load'),
    start,
    uploaded,
    ...files,
    ...inference,
  ];
}
