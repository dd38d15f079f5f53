/**
 * `npm run bench:profile-front-door`: what the requests of the front door's benchmark cost, by function and by file.
 * `-- --subject fastify` profiles another of those compared; with `-- --write` the tables go into the README.
 */
import { parseArgs } from 'node:util';

import { type CpuProfile, profileProcess, type SelfTime, selfTimes } from './cpu-profile.ts';
import { freePort } from './free-port.ts';
import {
  makeNitroProject,
  path,
  requestHeaders,
  startSubject,
  type SubjectName,
  subjectNames,
} from './front-door-subjects.ts';
import { startLoadGenerator } from './load.ts';
import { describeMachine } from './machine.ts';
import { cpuSecondsOf } from './processes.ts';
import { formatNumber, writeResults } from './report.ts';
import { makeBenchProject } from './service.ts';

const warmUpSeconds = 3;
const profiledSeconds = 8;
const shownFunctions = 40;
const shownFiles = 15;

const { values } = parseArgs({
  options: { subject: { type: 'string', default: 'service' }, write: { type: 'boolean', default: false } },
});
const subject = values.subject as SubjectName;
if (!Object.hasOwn(subjectNames, subject))
  throw new Error(`--subject ${subject}: expected one of ${Object.keys(subjectNames).join(', ')}`);

using project = await makeBenchProject();
using nitro = await makeNitroProject();
const roots = { service: project.root, nitro: nitro.root };
const inspectorPort = await freePort();
await using server = await startSubject(subject, roots, {
  NODE_OPTIONS: `--inspect=127.0.0.1:${inspectorPort}`,
});
using generator = startLoadGenerator();
const load = { url: `${server.url}${path}`, headers: requestHeaders, connections: 64 };
await generator.run({ ...load, seconds: warmUpSeconds });
const cpuBefore = cpuSecondsOf(server.pid);
const [profile, result] = await Promise.all([
  profileProcess(inspectorPort, profiledSeconds * 1000),
  generator.run({ ...load, seconds: profiledSeconds }),
]);
const cpu = cpuSecondsOf(server.pid) - cpuBefore;
if (result.answered === 0 || result.refused > 0) throw new Error(`${result.refused} requests were refused`);
const microseconds = (cpu * 1e6) / result.answered;
const rate = formatNumber(result.answered / result.seconds);
const tables = [
  describeMachine(),
  `${subjectNames[subject]}: ${rate}/s, CPU ${formatNumber(microseconds)} µs a request, both while profiled`,
  table('Function', selfTimes(profile, byFunction).slice(0, shownFunctions)),
  table('File', selfTimes(profile, byFile).slice(0, shownFiles)),
].join('\n\n');
console.log(tables);
if (values.write) writeResults(tables, 'front-door-profile');

type Frame = CpuProfile['nodes'][number]['callFrame'];

function byFunction({ functionName, url, lineNumber }: Frame): Pick<SelfTime, 'name' | 'place'> {
  return { name: functionName || '(anonymous)', place: url && `${shortened(url)}:${lineNumber + 1}` };
}

function byFile({ functionName, url }: Frame): Pick<SelfTime, 'name' | 'place'> {
  return { name: url ? shortened(url) : functionName || '(anonymous)', place: '' };
}

/** From the last folder on that says whose code it is. */
function shortened(url: string): string {
  return url
    .replace(/^.*\/(?:\.output\/server|node_modules)\//, '')
    .replace(/^file:\/\/.*\/bench\//, 'bench/');
}

function table(of: string, times: readonly SelfTime[]): string {
  const lines = times.map(
    ({ name, place, share }) =>
      `| ${(share * 100).toFixed(1)} % | ${formatNumber(share * microseconds)} µs | ${name}${place && ` | ${place}`} |`,
  );
  const wide = times.some(({ place }) => place !== '');
  return [
    `| Self | Of a request | ${of} |${wide ? ' Where |' : ''}`,
    `| ---: | ---: | --- |${wide ? ' --- |' : ''}`,
    ...lines.map((line, at) => (wide && times[at]?.place === '' ? `${line} |` : line)),
  ].join('\n');
}
