import { globSync } from 'node:fs';
import { join } from 'node:path';

import { repository } from '../project.ts';

/** The files under `routes/` of this project. */
export const routeFiles = globSync('**/*.{ts,py}', { cwd: join(repository, 'routes') });

/** What a route file answers to, by the rules of file routes, such as `GET /api/files/key`. */
export function endpointOf(file: string): string {
  const [, name = '', method = 'get'] = /^(.*?)(?:\.([a-z]+))?\.\w+$/.exec(file) ?? [];
  const path = `/${name.replace(/(?:^|\/)index$/, '').replaceAll(/\[(?:\.{3})?(\w+)\]/g, '$1')}`;
  return `${method.toUpperCase()} ${path}`;
}
