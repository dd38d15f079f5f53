import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { generatedFiles } from '../lib/dev/generate.ts';
import { repository } from './project.ts';

it.each(Object.entries(generatedFiles))('%s is what `npm run generate` writes', (path, text) => {
  expect(readFileSync(join(repository, path), 'utf8')).toBe(text);
});

it.each(Object.entries(generatedFiles))('%s says that it is generated', (_path, text) => {
  expect(text.split('\n', 1)[0]).toMatch(/Generated from (?:lib|mocks)\/\S+\.ts by `npm run generate`/);
});
