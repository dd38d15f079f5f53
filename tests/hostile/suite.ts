import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, cpSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

import { copyProject, type Project, repository } from '../project.ts';

const workers = join(import.meta.dirname, 'workers');

/** A hostile worker, and what its caller must get. */
export interface Hostile {
  readonly name: string;
  /** A problem's code and what its detail must hold; `ok`, or `refused` where it returns what it could do to others. */
  readonly expected: string;
  readonly detail: string;
}

export const hostileWorkers: readonly Hostile[] = readdirSync(workers)
  .filter((file) => file.endsWith('.py') && file !== 'well_behaved.py')
  .map((file) => {
    const [, stated = ''] = /^EXPECTED = "(.+)"$/m.exec(readFileSync(join(workers, file), 'utf8')) ?? [];
    const [expected = '', ...detail] = stated.split(' ');
    return { name: file.slice(0, -'.py'.length), expected, detail: detail.join(' ') };
  });

/** A user without privileges, who has nothing on this machine. */
const unprivileged = 34_567;

export interface Suite extends Project {
  /** The user that the service runs as. */
  readonly uid: number;
}

/** The built project with the hostile workers beside no others, for the current user. */
export function suiteOf(built: string): Suite {
  const project = copyProject(built);
  const folder = join(project.root, 'workers');
  for (const name of readdirSync(folder)) if (name.endsWith('.py')) rmSync(join(folder, name));
  cpSync(workers, folder, { recursive: true });
  return { ...project, uid: process.getuid?.() ?? 0 };
}

/**
 * The same for a user without privileges, as on Render: with a Python that such a user may run, and the packages of
 * the repository's. Where there can be none, the reason.
 */
export function unprivilegedSuiteOf(built: string): { suite?: Suite; reason: string } {
  if (process.getuid?.() !== 0) return { reason: '(only root can run it as another user)' };
  const suite = suiteOf(built);
  const venv = join(suite.root, '.venv');
  rmSync(venv);
  try {
    execFileSync('/usr/bin/python3', ['-m', 'venv', '--without-pip', venv], { stdio: 'pipe' });
    const version = readdirSync(join(venv, 'lib'))[0] ?? '';
    const packages = join('lib', version, 'site-packages');
    rmSync(join(venv, packages), { recursive: true });
    symlinkSync(join(repository, '.venv', packages), join(venv, packages));
    giveTo(suite.root);
    const probe = ['-c', 'import pydantic, huggingface_hub'];
    execFileSync(join(venv, 'bin/python'), probe, {
      uid: unprivileged,
      gid: unprivileged,
      cwd: '/',
      stdio: 'pipe',
    });
    execFileSync('node', ['--version'], {
      uid: unprivileged,
      gid: unprivileged,
      cwd: suite.root,
      stdio: 'pipe',
    });
  } catch (error) {
    suite[Symbol.dispose]();
    return { reason: `(who cannot run it here: ${(error as Error).message.split('\n')[0]})` };
  }
  return { suite: { ...suite, uid: unprivileged }, reason: '' };
}

function giveTo(root: string): void {
  chmodSync(root, 0o755);
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true }))
    if (!entry.isSymbolicLink()) chownSync(join(entry.parentPath, entry.name), unprivileged, unprivileged);
  chownSync(root, unprivileged, unprivileged);
}
