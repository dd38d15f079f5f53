import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type MockServer, startMock } from '../../mocks/index.ts';
import { makeProject, type Project, repository } from '../project.ts';

const python = join(repository, '.venv/bin/python');
let mock: MockServer;
let project: Project;

beforeAll(async () => {
  mock = await startMock({ port: 0 });
  project = makeProject();
});
afterAll(async () => {
  await mock.close();
  project[Symbol.dispose]();
});

async function shell(words: readonly string[], input: unknown, env: Readonly<Record<string, string>> = {}) {
  const { PATH, HOME } = process.env;
  return execa(python, words, {
    cwd: project.root,
    input: typeof input === 'string' ? input : JSON.stringify(input),
    env: { PATH, HOME, ...env },
    extendEnv: false,
    reject: false,
  });
}

const tower = 'Gustave Eiffel built the tower in 1889. It stands in Paris. It is made of iron.';

describe('process_data.py from the shell', () => {
  const file = 'workers/process_data.py';
  const run = async (words: readonly string[], input: unknown) =>
    shell([file, ...words], input, { HEADY_INFERENCE_URL: mock.url });

  it.each([
    ['qa', { question: 'Who built the tower?', context: tower }, { answer: 'Gustave Eiffel' }],
    ['summarize', { text: tower.repeat(3) }, { model: 'facebook/bart-large-cnn' }],
    ['embed', { texts: ['tower'] }, { model: 'sentence-transformers/all-MiniLM-L6-v2' }],
  ])('prints what %s returns as JSON', async (name, input, output) => {
    const { stdout, stderr, exitCode } = await run([name], input);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject(output);
  });

  it('says in one line how to get inference where there is none', async () => {
    const { stdout, stderr, exitCode } = await shell([file, 'qa'], { question: 'Who?', context: tower });
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(/^[^\n]*npm run mock[^\n]*HEADY_INFERENCE_URL[^\n]*HF_TOKEN[^\n]*$/);
  });

  it('says in one line that inference is out of reach', async () => {
    const nobody = { HEADY_INFERENCE_URL: 'http://127.0.0.1:9' };
    const { stdout, stderr, exitCode } = await shell(
      [file, 'qa'],
      { question: 'Who?', context: tower },
      nobody,
    );
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(/^ConnectError: [^\n]*$/);
  });

  it.each([[['qaa']], [[]]])('lists the functions when it is called with %j', async (words) => {
    const { stderr, exitCode } = await run(words, {});
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^functions: qa, summarize, embed$/m);
  });

  it.each([
    [{}, 'question'],
    [{ question: '' }, 'question'],
    [{ question: 'Who?', context: 7 }, 'context'],
    [{ question: 'Who?', contxt: '' }, 'contxt'],
    ['{"question":', 'Invalid JSON'],
  ])('refuses the input %j and names what is wrong', async (input, words) => {
    const { stdout, stderr, exitCode } = await run(['qa'], input);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toContain(words);
    expect(stderr).not.toContain('Traceback');
  });
});

describe('a worker without a main part', () => {
  const module = ['-m', 'heady', 'workers/plain.py'];
  const path = { PYTHONPATH: 'workers' };

  beforeAll(() => {
    const text = [
      'import heady',
      '',
      'def greet(name: str, context: heady.Context) -> str:',
      '    print("hello from print")',
      '    return f"hello {name} from {context.worker}"',
      '',
      'def fail() -> None:',
      '    raise KeyError("gone")',
      '',
    ];
    writeFileSync(join(project.root, 'workers/plain.py'), text.join('\n'));
  });

  it('runs by `python -m heady FILE FUNCTION`', async () => {
    const { stdout, exitCode } = await shell([...module, 'greet'], { name: 'Ada' }, path);
    expect(exitCode).toBe(0);
    expect(stdout).toBe('hello from print\n"hello Ada from plain"');
  });

  it('that fails shows its own traceback and exits with 1', async () => {
    const { stderr, exitCode } = await shell([...module, 'fail'], {}, path);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/plain\.py", line 8, in fail/);
    expect(stderr).toMatch(/KeyError: 'gone'$/);
  });
});
