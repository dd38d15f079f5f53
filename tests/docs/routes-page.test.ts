import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { build, makeProject, type Project, repository } from '../project.ts';
import { TestServer } from '../server.ts';
import { OpenSocket } from '../server/open-socket.ts';
import { Page, patternOf, run } from './page.ts';

const page = new Page('routes.md');
let project: Project;
let server: TestServer;

beforeAll(async () => {
  project = makeProject();
  page.writeFiles(project.root);
  await build(project.root);
  server = await TestServer.start({ root: project.root, env: { CHAT_INVITATION: 'please' } });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  project[Symbol.dispose]();
});

it('has files that are named, and commands', () => {
  for (const path of page.files.keys()) expect(path).toMatch(/^\S+\.ts$/);
  expect(page.commands.length).toBe(3);
});

it.each(page.commands)('has $command print what it says', async ({ command, output }) => {
  expect(await run(command, server, project.root)).toMatch(patternOf(output));
});

it('has a WebSocket for pages that refuses whom it says', async () => {
  await expect(OpenSocket.open(`${server.url}/api/chat`, {})).rejects.toThrow('no WebSocket');
  using socket = await OpenSocket.open(`${server.url}/api/chat?invitation=please`, { origin: server.url });
  socket.send('hello');
  await socket.receives('hello');
});

it('has TypeScript that passes the type check', { timeout: 120_000 }, async () => {
  const config = { extends: './tsconfig.json', include: [...page.files.keys(), '.heady/*.d.ts'] };
  writeFileSync(join(project.root, 'tsconfig.page.json'), JSON.stringify(config));
  const options = { cwd: project.root, preferLocal: true, localDir: repository, reject: false } as const;
  const { stdout } = await execa('tsc', ['--noEmit', '-p', 'tsconfig.page.json'], options);
  expect(stdout).toBe('');
});
