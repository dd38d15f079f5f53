import { join } from 'node:path';

import type { TestProject } from 'vitest/node';

import { build, makeProject, repository } from './project.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The root of a built project: this one, with the routes and workers of `tests/fixtures`. */
    readonly root: string;
  }
}

/** Builds the project once for all tests that drive the built server. */
export default async function setup({ provide }: TestProject): Promise<() => void> {
  const project = makeProject(join(repository, 'tests/fixtures'));
  await build(project.root);
  provide('root', project.root);
  return () => project[Symbol.dispose]();
}
