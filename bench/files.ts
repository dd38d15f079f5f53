import { mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';

import { execa } from 'execa';

import { DiskStore, parseKey } from '../storage/index.ts';
import { repository } from '../tests/project.ts';
import { apiKey, TestServer } from '../tests/server.ts';
import { type FileBaseline, startFileBaseline } from './file-baseline.ts';
import { memoryOf } from './processes.ts';
import { formatNumber, type Row } from './report.ts';
import { productionEnvironment } from './service.ts';
import { median, percentile } from './statistics.ts';

const megabyte = 1024 ** 2;
const fileMegabytes = 1024;
const rounds = 6;
const atOnce = 8;
const sampleMs = 20;
const smallFiles = 20_000;
const quotaBytes = 20 * 1024 ** 3;

/** Where a file goes and comes from. */
interface Place {
  readonly url: string;
  readonly sync: (name: string) => Promise<void>;
}

/** Large files by turns with another server's, then several at once; and pages of a list of many small ones. */
export async function measureFiles(root: string): Promise<Row[]> {
  const directory = mkdtempSync(join(repository, 'node_modules/.cache/bench-files-')); // a disk, where /tmp may be memory
  try {
    await fill(join(directory, 'files'));
    const content = join(directory, 'content');
    await makeContent(content);
    await using baseline = await startFileBaseline(mkdtempSync(join(directory, 'baseline-')));
    return [
      ...(await measureTurns({ root, directory, content, baseline })),
      ...(await measureAtOnce({ root, directory, content })),
      await measurePages({ root, directory }),
    ];
  } finally {
    rmSync(directory, { recursive: true });
  }
}

interface Measuring {
  readonly root: string;
  readonly directory: string;
  /** A file of the size that is measured. */
  readonly content: string;
}

async function startServer({ root, directory }: Pick<Measuring, 'root' | 'directory'>): Promise<TestServer> {
  const env = { ...productionEnvironment, HEADY_DATA_DIR: directory, HEADY_STORAGE_QUOTA: `${quotaBytes}B` };
  return TestServer.start({ root, env });
}

async function measureTurns({
  baseline,
  ...measuring
}: Measuring & { readonly baseline: FileBaseline }): Promise<Row[]> {
  await using server = await startServer(measuring);
  const service: Place = { url: `${server.url}/api/files/`, sync: async () => {} };
  const seconds = { up: new Array<number[]>(), down: new Array<number[]>() };
  for (let round = 0; round <= rounds; round += 1) {
    const up = await inTurn([service, baseline], round, (place) => upload(place, measuring.content));
    const down = await inTurn([service, baseline], round, (place) => download(place));
    if (round === 0) continue; // it compiles the code
    seconds.up.push(up);
    seconds.down.push(down);
  }
  return [
    ratio(`Upload of ${fileMegabytes} MB: service ÷ ${baseline.name}`, seconds.up, 'uploadRatio'),
    ratio(`Download of ${fileMegabytes} MB: service ÷ ${baseline.name}`, seconds.down, 'downloadRatio'),
  ];
}

/** Every other round the other begins: who comes later finds the memory that the first has given back. */
async function inTurn(
  places: readonly [Place, Place],
  round: number,
  work: (place: Place) => Promise<number>,
): Promise<number[]> {
  const order = round % 2 === 0 ? places : places.toReversed();
  const seconds = new Map<Place, number>();
  for (const place of order) seconds.set(place, await work(place));
  return places.map((place) => seconds.get(place) ?? NaN);
}

function ratio(measure: string, seconds: readonly number[][], target: 'uploadRatio' | 'downloadRatio'): Row {
  const [ours, theirs] = [0, 1].map((at) => fileMegabytes / median(seconds.map((each) => each[at] ?? NaN)));
  return {
    measure,
    result: { value: (ours ?? NaN) / (theirs ?? NaN), unit: '×' },
    figures: [
      `service ${formatNumber(ours ?? NaN)} MB/s; the other ${formatNumber(theirs ?? NaN)} MB/s; medians of ${rounds}, by turns`,
    ],
    target,
  };
}

async function measureAtOnce({ content, ...measuring }: Measuring): Promise<Row[]> {
  await using server = await startServer(measuring);
  const service: Place = { url: `${server.url}/api/files/`, sync: async () => {} };
  await upload(service, process.execPath, 'warm');
  await download(service, 'warm');
  const names = Array.from({ length: atOnce }, (_, at) => `large-${at}`);
  const up = await growthOf(server, async () => {
    await Promise.all(names.map((name) => upload(service, content, name)));
  });
  const down = await growthOf(server, async () => {
    await Promise.all(names.map((name) => download(service, name)));
  });
  const what = `${atOnce} of ${fileMegabytes} MB at once, growth of the server, resident`;
  return [
    { measure: `Uploads: ${what}`, ...up, target: 'filesMegabytes' },
    { measure: `Downloads: ${what}`, ...down, target: 'filesMegabytes' },
  ];
}

async function growthOf(
  { pid }: TestServer,
  work: () => Promise<void>,
): Promise<Pick<Row, 'result' | 'figures'>> {
  const before = memoryOf(pid).rssBytes / megabyte;
  let most = before;
  const sampling = setInterval(() => (most = Math.max(most, memoryOf(pid).rssBytes / megabyte)), sampleMs);
  const startedAt = performance.now();
  try {
    await work();
  } finally {
    clearInterval(sampling);
  }
  const perSecond = (atOnce * fileMegabytes * 1000) / (performance.now() - startedAt);
  return {
    result: { value: most - before, unit: 'MB' },
    figures: [`${formatNumber(before)} MB before`, `${formatNumber(perSecond)} MB/s together`],
  };
}

async function measurePages(measuring: Pick<Measuring, 'root' | 'directory'>): Promise<Row> {
  await using server = await startServer(measuring);
  await server.fetch('/api/files?prefix=small/'); // compiles the code
  const times: number[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const startedAt = performance.now();
    const page = await server.fetch(`/api/files?prefix=small/&cursor=${encodeURIComponent(cursor)}`);
    ({ cursor } = (await page.json()) as { cursor: string | null });
    times.push(performance.now() - startedAt);
  }
  return {
    measure: `A page of 100 of ${smallFiles} files, p99`,
    result: { value: percentile(times, 99), unit: 'ms' },
    figures: [`median ${formatNumber(median(times))} ms; all ${times.length} pages`],
    target: 'pageMilliseconds',
  };
}

/** Through the store itself: what a request costs besides is not what is measured. */
async function fill(directory: string): Promise<void> {
  await using store = await DiskStore.open({ directory, quotaBytes });
  const signal = new AbortController().signal;
  const lanes = Array.from({ length: 16 }, (_, lane) => lane);
  const fillLane = async (lane: number) => {
    for (let number = lane; number < smallFiles; number += lanes.length)
      await store.put(parseKey(`small/${number}`), oneOf(number), { type: 'text/plain', signal });
  };
  await Promise.all(lanes.map(fillLane));
}

async function* oneOf(number: number): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`small ${number}`);
}

async function makeContent(path: string): Promise<void> {
  await using file = await open(path, 'wx');
  const piece = Buffer.alloc(megabyte, 'abcdefghijklmnopqrstuvwxyz\r\n');
  for (let count = 0; count < fileMegabytes; count += 1) await file.write(piece);
}

/** Seconds. By curl, which takes less of the machine than a client in Node would. */
async function upload({ url, sync }: Place, path: string, name = 'turns'): Promise<number> {
  return timed(async () => {
    await curl('-T', path, `${url}${name}`);
    await sync(name);
  });
}

async function download({ url }: Place, name = 'turns'): Promise<number> {
  return timed(async () => curl(`${url}${name}`));
}

async function curl(...words: readonly string[]): Promise<void> {
  await execa('curl', [
    '-sSf',
    '-o',
    '/dev/null',
    '-H',
    `authorization: Bearer ${apiKey}`,
    '-H',
    'content-type: application/octet-stream',
    ...words,
  ]);
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1000;
}
