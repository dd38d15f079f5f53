import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, inject, it } from 'vitest';

import { TestServer } from '../server.ts';
import { Page, patternOf, run } from './page.ts';

const page = new Page('storage.md');
const directory = mkdtempSync(join(tmpdir(), 'storage-page-'));
let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start({ root: inject('root') });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

it('has commands', () => {
  expect(page.commands.length).toBeGreaterThan(5);
});

it.each(page.commands)('has $command print what it says', async ({ command, output }) => {
  expect(await run(command, server, directory)).toMatch(patternOf(output));
});
