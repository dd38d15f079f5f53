import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

import { repository } from '../project.ts';

const probe = 'from heady.runtime import landlock; print(landlock.abi())';

/** The version of this kernel's Landlock; 0 where there is none. */
export const landlockAbi = Number(
  execFileSync(join(repository, '.venv/bin/python'), ['-c', probe], {
    env: { PYTHONPATH: join(repository, 'workers') },
  }).toString(),
);

/** Whether this kernel can confine a process. */
export const sandboxed = landlockAbi > 0;
