import { afterAll, beforeAll, expect, it } from 'vitest';

import { build, makeProject, type Project } from '../project.ts';
import { TestServer } from '../server.ts';
import { Page, patternOf, run } from './page.ts';

const page = new Page('inference.md');
let project: Project;
let server: TestServer;

beforeAll(async () => {
  project = makeProject();
  page.writeFiles(project.root);
  await build(project.root);
  server = await TestServer.start({ root: project.root });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  project[Symbol.dispose]();
});

it('has the files that are run here', () => {
  expect([...page.files.keys()]).toEqual(['chat.py', 'chat.mjs', 'workers/reader.py']);
  expect(page.commands.length).toBeGreaterThan(4);
});

it('has an example in Python that works', async () => {
  const [answer, story, vectors] = (await run('.venv/bin/python chat.py', server, project.root)).split('\n');
  expect(answer).toContain('Who built the Eiffel tower?'); // the mock says what it was asked
  expect(story).toContain('Tell a story.');
  expect(vectors).toBe('2 384');
});

it('has an example in JavaScript that works', async () => {
  expect(await run('node chat.mjs', server, project.root)).toContain('Tell a story.');
});

it.each(page.commands)('has $command print what it says', async ({ command, output }) => {
  expect(await run(command, server, project.root)).toMatch(patternOf(output));
});
