import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { parse } from 'yaml';

import { repository } from '../project.ts';

/** As much of a Blueprint as the tests read; `blueprint.schema.json` says what else may be in one. */
export interface Blueprint {
  readonly services: readonly [Service];
}

export interface Service {
  readonly envVars: readonly EnvVar[];
  readonly [field: string]: unknown;
}

export interface EnvVar {
  readonly key?: string;
  readonly value?: string;
  readonly sync?: false;
  readonly fromGroup?: string;
}

/** The text of `render.yaml`. */
export const blueprintText = readFileSync(join(repository, 'render.yaml'), 'utf8');

export function parseBlueprint(text: string): Blueprint {
  return parse(text) as Blueprint;
}

/** The variables to which a service gives a literal value. */
export function literalsOf({ envVars }: Service): Record<string, string> {
  return Object.fromEntries(
    envVars.flatMap(({ key, value }) => (key !== undefined && value !== undefined ? [[key, value]] : [])),
  );
}

/**
 * Puts a variant of the Blueprint in force: removes the `# ` from the line that reads `# <firstLine>` to the end of
 * that comment.
 */
export function uncomment(text: string, firstLine: string): string {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => line.trim() === `# ${firstLine}`);
  if (start === -1) throw new Error(`render.yaml has no line '# ${firstLine}'`);
  const length = lines.slice(start).findIndex((line) => !line.trim().startsWith('#'));
  const variant = lines.slice(start, start + length).map((line) => line.replace('# ', ''));
  return lines.toSpliced(start, length, ...variant).join('\n');
}
