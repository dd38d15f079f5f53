import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { inject } from 'vitest';

import { copyProject, type Project, repository } from '../project.ts';

/** The built project with its own workers and those that are for the page; loading all other fixtures takes long. */
export function shownProject(): Project {
  const project = copyProject(inject('root'));
  const workers = join(project.root, 'workers');
  rmSync(workers, { recursive: true });
  for (const folder of ['workers', 'tests/admin/workers'])
    cpSync(join(repository, folder), workers, { recursive: true });
  return project;
}
