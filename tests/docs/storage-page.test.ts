import { afterAll, beforeAll, expect, inject, it } from 'vitest';

import { repository } from '../project.ts';
import { TestServer } from '../server.ts';
import { Page, patternOf, run } from './page.ts';

const page = new Page('storage.md');
let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start({ root: inject('root') });
});
afterAll(() => server[Symbol.asyncDispose]());

it('has commands', () => {
  expect(page.commands.length).toBeGreaterThan(5);
});

it.each(page.commands)('has $command print what it says', async ({ command, output }) => {
  expect(await run(command, server, repository)).toMatch(patternOf(output));
});
