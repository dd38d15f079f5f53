import { execFileSync } from 'node:child_process';
import { availableParallelism, loadavg, release, totalmem, type } from 'node:os';
import { join } from 'node:path';

import { repository } from '../tests/project.ts';

/** The interpreter of the service and of both baselines. */
export const python = join(repository, '.venv/bin/python');

/** What the figures were measured on, in one line. */
export function describeMachine(): string {
  const pythonVersion = execFileSync(python, ['--version'], { encoding: 'utf8' }).trim();
  const memory = `${Math.round(totalmem() / 1024 ** 3)} GB`;
  const system = `${type()} ${release()}`;
  const date = new Date().toISOString().slice(0, 10);
  const load = loadavg()[0]?.toFixed(1);
  return `${availableParallelism()} cores, ${memory}, ${system}, Node ${process.version}, ${pythonVersion}, ${date}, load ${load}`;
}
