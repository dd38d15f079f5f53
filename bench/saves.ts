import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { makeDevProject } from '../tests/project.ts';
import { TestServer } from '../tests/server.ts';
import { python } from './machine.ts';
import { formatNumber, type Row } from './report.ts';
import { median } from './statistics.ts';

const saves = 15;
/** From one save to the next, so that nothing of the one before is under way. */
const pauseMs = 100;
const longestMs = 10_000;

/** A worker, and the file that is saved with a new number, which its function `number` then answers with. */
interface Edited {
  readonly measure: string;
  readonly worker: string;
  readonly file: string;
  readonly text: (number: number) => string;
  readonly target?: 'saveMilliseconds';
}

const answering = 'def number() -> int:\n    return NUMBER\n';
const imports = [
  'import os',
  'from typing import Annotated',
  'import heady',
  'import numpy',
  'from huggingface_hub import InferenceClient',
  'from pydantic import Field',
  'from typing_extensions import TypedDict',
].join('\n');

const edited: readonly Edited[] = [
  {
    measure: 'Save of a worker file to its first answer, in development: median',
    worker: 'large',
    file: 'large.py',
    text: (number) => `${imports}\n\nNUMBER = ${number}\n\n${answering}`,
    target: 'saveMilliseconds',
  },
  {
    measure: 'the same of a worker that imports nothing',
    worker: 'small',
    file: 'small.py',
    text: (number) => `NUMBER = ${number}\n\n${answering}`,
  },
  {
    measure: 'the same of a module that such a worker shares',
    worker: 'sharing',
    file: '_number.py',
    text: (number) => `NUMBER = ${number}\n`,
  },
];

/** How soon a change is answered with while one works on it. */
export async function measureSaves(): Promise<Row[]> {
  using project = makeDevProject();
  const folder = join(project.root, 'workers');
  writeFileSync(join(folder, 'sharing.py'), `from _number import NUMBER\n\n${answering}`);
  for (const { file, text } of edited) writeFileSync(join(folder, file), text(0));
  await using server = await TestServer.start({
    root: project.root,
    words: ['dev'],
    env: { HEADY_PYTHON_BIN: python },
  });
  const rows: Row[] = [];
  for (const one of edited) rows.push(await measureOne(server, folder, one));
  return rows;
}

async function measureOne(
  server: TestServer,
  folder: string,
  { measure, worker, file, text, target }: Edited,
): Promise<Row> {
  const waits: number[] = [];
  await answered(server, worker, 0);
  for (let number = 1; number <= saves; number += 1) {
    await delay(pauseMs);
    const savedAt = performance.now();
    writeFileSync(join(folder, file), text(number));
    await answered(server, worker, number);
    waits.push(performance.now() - savedAt);
  }
  return {
    measure,
    result: { value: median(waits), unit: 'ms' },
    figures: [`at most ${formatNumber(Math.max(...waits))} ms`, `${saves} saves`],
    ...(target && { target }),
  };
}

/** Calls the function, one call after the other, until it answers with the number. */
async function answered(server: TestServer, worker: string, number: number): Promise<void> {
  const signal = AbortSignal.timeout(longestMs);
  while ((await server.answer<number>(`${worker}/number`)) !== number) signal.throwIfAborted();
}
