import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { runCallers } from './callers.ts';
import { formatNumber, type Row } from './report.ts';
import type { Subject } from './subject.ts';
import { callers } from './throughput.ts';

const source = join(import.meta.dirname, 'physical/fork.c');
const rounds = 4;
const bounds = { callers, maxCalls: 50_000, maxMs: 2500 };
/** How many children the C program has at once, and for how long each time. */
const widths = [1, 2, 4];
const secondsEach = 1;

/** What a worker's zygote is made of, and what its children write to. */
export interface Shape {
  readonly megabytes: number;
  readonly pages: number;
}

/**
 * The best of the services against what a child costs at least: a C program of the same shape that forks, writes to as
 * many pages and ends, as often as it can. They take turns. Without a C compiler there is no such row.
 */
export async function measurePhysicalLimit(services: readonly Subject[], shape: Shape): Promise<Row[]> {
  using program = compile(shape);
  if (!program) return [];
  const ours = services.map((service) => rate(async () => (await runCallers(service, bounds)).perSecond));
  const limits = widths.map((width) => rate(async () => program.perSecond(width)));
  for (let round = 0; round < rounds; round += 1)
    for (const { measure, results } of [...ours, ...limits]) results.push(await measure());
  const [service, limit] = [best(ours), best(limits)];
  return [
    {
      measure: `${callers} callers: service ÷ physical limit`,
      result: { value: service / limit, unit: '×' },
      figures: [
        `service ${formatNumber(service)}/s`,
        `C program of ${shape.megabytes} MB that writes ${shape.pages} pages ${formatNumber(limit)}/s`,
      ],
      target: 'physicalRatio',
    },
  ];
}

interface Rate {
  readonly measure: () => Promise<number>;
  readonly results: number[];
}

function rate(measure: () => Promise<number>): Rate {
  return { measure, results: [] };
}

function best(rates: readonly Rate[]): number {
  return Math.max(...rates.map(({ results }) => results.reduce((sum, each) => sum + each, 0) / rounds));
}

interface Program extends Disposable {
  perSecond(width: number): number;
}

function compile({ megabytes, pages }: Shape): Program | undefined {
  if (spawnSync('cc', ['--version']).error) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'physical-'));
  const program = join(folder, 'fork');
  execFileSync('cc', ['-O2', '-o', program, source], { stdio: 'inherit' });
  return {
    perSecond: (width) =>
      Number(execFileSync(program, [megabytes, pages, width, secondsEach].map(String), { encoding: 'utf8' })),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}
