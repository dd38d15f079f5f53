import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { build, makeProject, type Project, repository } from '../project.ts';
import { TestServer } from '../server.ts';
import { Page, patternOf, run } from './page.ts';

const page = new Page('workers.md');
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

it('has files that are named, and commands', () => {
  for (const path of page.files.keys()) expect(path).toMatch(/^(?:workers|routes)\/\S+\.(?:py|ts)$/);
  const languages = new Set(page.blocks.map(({ language }) => language));
  expect(languages).toEqual(new Set(['python', 'ts', 'console']));
  expect(page.commands.length).toBeGreaterThan(10);
});

it.each(page.commands)('has $command print what it says', async ({ command, output }) => {
  expect(await run(command, server, project.root)).toMatch(patternOf(output));
});

it('has TypeScript that passes the type check', { timeout: 120_000 }, async () => {
  const options = { cwd: project.root, preferLocal: true, localDir: repository } as const;
  await execa('node', ['heady-manager.js', 'types'], options);
  const config = { extends: './tsconfig.json', include: ['routes/**/*.ts', '.heady/*.d.ts'] };
  writeFileSync(join(project.root, 'tsconfig.page.json'), JSON.stringify(config));
  const { stdout } = await execa('tsc', ['--noEmit', '-p', 'tsconfig.page.json'], {
    ...options,
    reject: false,
  });
  expect(stdout).toBe('');
});
