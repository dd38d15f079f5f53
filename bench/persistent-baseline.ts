import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import { python } from './machine.ts';
import { ProcessSubject } from './process-subject.ts';

const server = join(import.meta.dirname, 'baseline/server.ts');

/** The lower bound: one Python process that serves all calls, behind a plain HTTP server. */
export async function startPersistentBaseline(): Promise<ProcessSubject> {
  const child = spawn(process.execPath, [server, python], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = (await once(child.stdout, 'data')) as [Buffer];
  return new ProcessSubject(child, `http://127.0.0.1:${Number(port)}/`);
}
