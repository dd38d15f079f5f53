import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { execa } from 'execa';

export const repository = fileURLToPath(new URL('..', import.meta.url));

/** What makes a project; `node_modules` and `.venv` are shared with the repository. */
const parts = [
  'admin',
  'heady-manager.js',
  'lib',
  'mocks',
  'nitro.config.ts',
  'package.json',
  'requirements.txt',
  'routes',
  'storage',
  'tsconfig.json',
  'workers',
];
const shared = ['node_modules', '.venv'];

/** A copy of this project in a folder of its own, with further files laid over it. */
export interface Project extends Disposable {
  readonly root: string;
}

/** `overlays` are folders that hold `routes/`, `workers/` or anything else of a project. */
export function makeProject(...overlays: readonly string[]): Project {
  const root = mkdtempSync(join(tmpdir(), 'project-'));
  for (const part of parts)
    cpSync(join(repository, part), join(root, part), { recursive: true, filter: isSource });
  for (const overlay of overlays) cpSync(overlay, root, { recursive: true, filter: isSource });
  for (const name of shared) symlinkSync(join(repository, name), join(root, name));
  return { root, [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) };
}

/** A copy for a development server: Nitro keeps what it builds in `node_modules`, which must be nobody else's. */
export function makeDevProject(...overlays: readonly string[]): Project {
  const project = makeProject(...overlays);
  const modules = join(project.root, 'node_modules');
  rmSync(modules);
  mkdirSync(modules);
  for (const name of readdirSync(join(repository, 'node_modules')))
    if (name !== '.nitro') symlinkSync(join(repository, 'node_modules', name), join(modules, name));
  return project;
}

/** A copy of a built project, whose workers may then be others. */
export function copyProject(built: string): Project {
  const root = mkdtempSync(join(tmpdir(), 'copy-'));
  for (const name of readdirSync(built))
    if (shared.includes(name)) symlinkSync(join(repository, name), join(root, name));
    else cpSync(join(built, name), join(root, name), { recursive: true, verbatimSymlinks: true });
  return { root, [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) };
}

function isSource(path: string): boolean {
  return !path.includes('__pycache__');
}

/** Builds the project's routes, as `npm install` does. */
export async function build(root: string): Promise<void> {
  await execa({ cwd: root, preferLocal: true, localDir: repository })`nitro build`;
}
