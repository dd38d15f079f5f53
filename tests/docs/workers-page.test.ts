import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { build, makeProject, type Project, repository } from '../project.ts';
import { apiKey, TestServer } from '../server.ts';

const page = readFileSync(join(repository, 'docs/workers.md'), 'utf8');
const blocks = [...page.matchAll(/^```(?<language>\w+)\n(?<text>.*?)^```$/gms)].map(({ groups = {} }) => ({
  language: groups.language ?? '',
  text: groups.text ?? '',
}));
/** Python and TypeScript: their first line names them. */
const files = blocks.filter(({ language }) => language !== 'console').map(({ text }) => text);
const consoles = blocks.filter(({ language }) => language === 'console').map(({ text }) => text);
/** A command and what it prints, in which `…` stands for anything. */
const commands = consoles.flatMap((text) =>
  text
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [command = '', ...output] = part.split('\n');
      return { command, output: output.join('\n').trim() };
    }),
);

let project: Project;
let server: TestServer;

beforeAll(async () => {
  project = makeProject();
  for (const text of files) {
    const [, path = ''] = /^(?:#|\/\/) (\S+)\n/.exec(text) ?? [];
    mkdirSync(dirname(join(project.root, path)), { recursive: true });
    writeFileSync(join(project.root, path), text);
  }
  await build(project.root);
  server = await TestServer.start({ root: project.root });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  project[Symbol.dispose]();
});

it('has files that are named, and commands', () => {
  for (const text of files) expect(text).toMatch(/^(?:#|\/\/) (?:workers|routes)\/\S+\.(?:py|ts)\n/);
  expect(new Set(blocks.map(({ language }) => language))).toEqual(new Set(['python', 'ts', 'console']));
  expect(commands.length).toBeGreaterThan(10);
});

it.each(commands)('has $command print what it says', async ({ command, output }) => {
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, URL: server.url, KEY: apiKey };
  const { stdout } = await execa('sh', ['-c', command], { cwd: project.root, env, extendEnv: false });
  const pattern = output.split('…').map((part) => RegExp.escape(part));
  expect(stdout.trim()).toMatch(new RegExp(`^${pattern.join('[^]*')}$`));
});

it('has TypeScript that passes the type check', async () => {
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
