import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { execa, execaSync } from 'execa';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { processes, processTree } from '../processes.ts';
import { build, makeProject, repository } from '../project.ts';
import { apiKey, spawnServer, TestServer } from '../server.ts';
import { environmentBlocks } from './environment-blocks.ts';

const token = 'hf_secret_of_the_start_tests';
let scratch: string;

beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'start-'));
});
afterAll(() => rmSync(scratch, { recursive: true }));

/** What a start that fails says; it must say no more than that, and soon. */
async function refusal(env: Readonly<Record<string, string>>, root = inject('root')): Promise<string[]> {
  const startedAt = performance.now();
  const { exitCode, all } = await spawnServer({ root, env: { PORT: '0', ...env } });
  expect(exitCode).toBe(1);
  expect(performance.now() - startedAt).toBeLessThan(5000);
  return all.split('\n');
}

/** An executable that answers as an interpreter would. */
function fakePython(name: string, script: string): string {
  const file = join(scratch, name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

describe('a start that fails says in one line what to do', () => {
  it('when production has no key', async () => {
    const lines = await refusal({ NODE_ENV: 'production', HEADY_HF_MOCK: '1' });
    expect(lines).toEqual([expect.stringMatching(/^HEADY_API_KEY is not set: .*openssl rand -hex 32/)]);
  });

  it('for each of several problems', async () => {
    const lines = await refusal({ NODE_ENV: 'production', PORT: 'eighty', HEADY_PY_TIMEOUT: '90' });
    expect(lines.map((line) => line.split(/[: ]/, 1)[0])).toEqual([
      'PORT',
      'HEADY_PY_TIMEOUT',
      'HEADY_API_KEY',
      'HF_TOKEN',
    ]);
  });

  it('when the port is in use', async () => {
    const other = createServer().listen(0, '0.0.0.0');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const lines = await refusal({ PORT: String(port), HEADY_LOG_LEVEL: 'error' });
    other.close();
    expect(lines).toEqual([`PORT ${port} is in use by another process. Stop that, or set PORT to another.`]);
  });

  it('when the host is not this machine', async () => {
    const lines = await refusal({ HOST: '192.0.2.1', HEADY_LOG_LEVEL: 'error' });
    expect(lines).toEqual([expect.stringMatching(/^HOST 192\.0\.2\.1, PORT 0: cannot listen: /)]);
  });

  it.each([
    ['missing', () => '/nonexistent/python', '/nonexistent/python: not there'],
    ['not on the path', () => 'python-of-nobody', 'python-of-nobody: not found'],
    ['too old', () => fakePython('old', "echo '3.9.1 '"), 'old: Python 3.9.1 is older than 3.11'],
    ['broken', () => fakePython('broken', 'echo oh; exit 3'), 'broken: does not run'],
    [
      'without the packages',
      () => fakePython('bare', "echo '3.11.2 pydantic'"),
      'bare: Python 3.11.2 without pydantic',
    ],
  ])('when Python is %s', async (_how, python, words) => {
    const lines = await refusal({ HEADY_PYTHON_BIN: python(), HEADY_LOG_LEVEL: 'error' });
    expect(lines).toEqual([expect.stringContaining(words)]);
    expect(lines[0]).toMatch(/^Python: .*pip install -r requirements\.txt.*HEADY_PYTHON_BIN/);
  });

  it('when the requirements are not installed in a real environment', async () => {
    const venv = join(scratch, 'venv');
    await execa(join(repository, '.venv/bin/python'), ['-m', 'venv', '--without-pip', venv]);
    const python = join(venv, 'bin/python');
    const lines = await refusal({ HEADY_PYTHON_BIN: python, HEADY_LOG_LEVEL: 'error' });
    expect(lines).toEqual([
      expect.stringMatching(/venv\/bin\/python: Python 3\.\d+\.\S+ without \S*pydantic/),
    ]);
  });

  it('when the project is not built', async () => {
    using project = makeProject();
    const lines = await refusal({}, project.root);
    expect(lines).toEqual([`${project.root}/.output/server/index.mjs is not there. Run \`npm run build\`.`]);
  });
});

it('reads `.env` outside production only', async () => {
  using project = makeProject();
  await build(project.root);
  writeFileSync(join(project.root, '.env'), 'HEADY_PY_TIMEOUT=soon\n');
  expect(await refusal({}, project.root)).toEqual([expect.stringMatching(/^HEADY_PY_TIMEOUT: 'soon'/)]);
  const env = { NODE_ENV: 'production', HEADY_HF_MOCK: '1' };
  await using server = await TestServer.start({ root: project.root, env });
  expect((await fetch(`${server.url}/api/health`)).status).toBe(200);
});

describe('a server that runs', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({ root: inject('root'), env: { HF_TOKEN: token, HEADY_HF_MOCK: '1' } });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  it('listens on all addresses', async () => {
    const other = server.url.replace('127.0.0.1', '127.0.0.2'); // one that 127.0.0.1 alone would refuse
    expect((await fetch(`${other}/api/health`)).status).toBe(200);
  });

  it('has no secret in the environment block or the arguments of any process', async () => {
    const headers = { 'content-type': 'application/json', 'x-request-id': 'watched' };
    const call = server.call('hostile/wait', { seconds: 1 }, { headers });
    await server.line(({ message, requestId }) => message === 'waiting' && requestId === 'watched');
    const blocks = environmentBlocks(server.pid);
    expect(blocks.length).toBeGreaterThan(4);
    for (const block of blocks) expect(block).toMatch(/(?:^|\0)PATH=/);
    const commands = processTree(server.pid).map(({ command }) => command);
    expect([...blocks, ...commands].join('\n')).not.toMatch(new RegExp(`${token}|${apiKey}|HF_TOKEN`));
    expect((await call).status).toBe(200);
  });

  it('has a ceiling on its heap', () => {
    const [main] = processTree(server.pid);
    expect(main?.command).toMatch(/ --max-heap-size=[1-9]\d+ /);
  });
});

/** A Node on this machine that is older than the one the service needs. */
const olderNode = execaSync('which', ['-a', 'node'], { reject: false, lines: true })
  .stdout.concat('/usr/bin/node')
  .find((node) => {
    const { stdout = '' } = execaSync(node, ['--version'], { reject: false });
    return Number(/^v(\d+)/.exec(stdout)?.[1] ?? Infinity) < 24;
  });

it.skipIf(olderNode === undefined)(
  'hands an older Node over to its own, with signals and status',
  async () => {
    const server = await TestServer.start({
      root: inject('root'),
      env: { PATH: `${dirname(olderNode ?? '')}:/bin` },
    });
    expect(await server.line(({ message }) => message === 'listening')).toMatchObject({
      node: expect.stringMatching(/^v24\./),
    });
    const tree = new Set(processTree(server.pid).map(({ pid }) => pid));
    server.process.kill('SIGTERM');
    expect((await server.process).exitCode).toBe(0);
    expect(processes().filter(({ pid, state }) => tree.has(pid) && state !== 'Z')).toEqual([]);
    expect(server.lines.at(-1)?.message).toBe('stopped');
  },
);
