import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { makeProject, type Project, repository } from '../project.ts';

let project: Project;

beforeAll(async () => {
  project = makeProject(join(repository, 'tests/declarations/project'));
  await generate();
});
afterAll(() => project[Symbol.dispose]());

async function generate(): Promise<string> {
  const { PATH, HOME } = process.env;
  const python = join(repository, '.venv/bin/python');
  const { stderr } = await execa('node', ['heady-manager.js', 'types'], {
    cwd: project.root,
    env: { PATH, HOME, HEADY_PYTHON_BIN: python },
    extendEnv: false,
  });
  return stderr;
}

function addWorker(name: string, code: string): void {
  writeFileSync(join(project.root, `workers/${name}.py`), code);
}

const file = () => join(project.root, '.heady/workers.d.ts');
const text = () => readFileSync(file(), 'utf8');

/** A server that tells what it is asked for. */
async function listening(asked: (path: string) => void): Promise<{ server: Server; url: string }> {
  const server = createServer(({ url = '' }, response) => {
    asked(url);
    response.end('{"type": "integer"}');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** What `tsc` finds in the calls of the fixture. */
async function check(): Promise<string> {
  const config = { extends: './tsconfig.json', include: ['calls.ts', '.heady/*.d.ts'] };
  writeFileSync(join(project.root, 'tsconfig.calls.json'), JSON.stringify(config));
  const options = { cwd: project.root, preferLocal: true, localDir: repository, reject: false } as const;
  return (await execa('tsc', ['--noEmit', '-p', 'tsconfig.calls.json'], options)).stdout;
}

it('has right calls pass and every wrong call fail', async () => {
  expect(await check()).toBe('');
});

it('says what docstrings and limits say', () => {
  expect(text()).toContain(
    ' * Takes everything.\n *\n * Ends a comment: * / it does not.\n *\n * Limits: timeout ',
  );
  expect(text()).toContain('Limits: timeout 7s, memory 64MB, output 1MB.');
  expect(text()).toContain('A cat, and what is left of it: * /.');
});

it('says what constraints and defaults are', () => {
  expect(text()).toContain(' * How many: * /.\n * \n * @minimum 1\n * @default 3\n */\ncount?: number');
  expect(text()).toMatch(
    /\* @pattern \^a\+\$\n \* @maxLength 5\n \* @default null\n \*\/\nword\?: \(string \| null\)/,
  );
  expect(text()).toMatch(/\* Which cat\.\n \* \n \* @default null\n \*\/\ncat\?: \(Cat \| null\)/);
  expect(text()).toMatch(/\* @format base64url\n( \* @default ""\n)? \*\/\ndata\?: string/);
});

it('says how a file is given', () => {
  expect(text()).toMatch(
    /\* A file, .* the key of a stored one\.\n \*\/\nphoto: \(globalThis\.Blob \| string\)/,
  );
});

it('says why a function or a worker is not in it', () => {
  expect(text()).toMatch(
    /noForm cannot be called: no_form: parameter 'value' has the hint collections\.abc\.Callable\[\[int\], int\]/,
  );
  expect(text()).toContain('handmade has a JSON Schema that has no type: ');
  expect(text()).toContain('then cannot be called: JavaScript takes what has a `then` for a promise.');
  expect(text()).toMatch(/Does not load: ModuleNotFoundError.*nothing_of_that_name/);
});

it('is written only when it has changed', async () => {
  const before = statSync(file()).mtimeMs;
  await generate();
  expect(statSync(file()).mtimeMs).toBe(before);
  addWorker('added_later', 'def one() -> int:\n    return 1\n');
  await generate();
  expect(text()).toContain('"addedLater"');
});

it('looks up nothing that a schema refers to', async () => {
  const lookedUp: string[] = [];
  const { server, url } = await listening((path) => lookedUp.push(path));
  addWorker(
    'elsewhere',
    `from typing import Annotated
from pydantic import WithJsonSchema
Elsewhere = Annotated[int, WithJsonSchema({"$ref": "${url}/schema.json"})]
def number(value: Elsewhere) -> int: return value
`,
  );
  await generate();
  expect(text()).toContain(
    '_elsewhere._number.input {\nexport interface Value {\nvalue: {\nvalue: unknown\n}',
  );
  expect(lookedUp).toEqual([]);
  server.close();
});
