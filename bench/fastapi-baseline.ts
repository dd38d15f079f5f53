import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { repository } from '../tests/project.ts';
import { waitFor } from '../tests/server.ts';
import { freePort } from './free-port.ts';
import { python } from './machine.ts';
import { ProcessSubject } from './process-subject.ts';

const folder = join(import.meta.dirname, 'baseline');
const venv = join(repository, 'node_modules/.cache/bench-venv');

/** FastAPI on uvicorn, one worker: what `isolation="reuse"` is measured against. */
export async function startFastApiBaseline(): Promise<ProcessSubject> {
  installFastApi();
  const port = await freePort();
  const words = ['fastapi_app:app', '--port', String(port), '--log-level', 'warning'];
  const child = spawn(join(venv, 'bin/uvicorn'), words, { cwd: folder, stdio: 'inherit' });
  const baseline = new ProcessSubject(child, `http://127.0.0.1:${port}/echo`);
  await waitFor(() => answers(baseline), 30_000);
  return baseline;
}

/** Makes its virtual environment when there is none. */
function installFastApi(): void {
  if (existsSync(join(venv, 'bin/uvicorn'))) return;
  execFileSync(python, ['-m', 'venv', venv]);
  const requirements = join(folder, 'requirements.txt');
  execFileSync(join(venv, 'bin/python'), ['-m', 'pip', 'install', '-q', '-r', requirements], {
    stdio: 'inherit',
  });
}

async function answers(subject: ProcessSubject): Promise<boolean> {
  return subject.call().then(
    () => true,
    () => false, // it does not listen yet
  );
}
