import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { repository } from '../project.ts';
import { apiKey, type LogLine, spawnServer, TestServer, waitFor } from '../server.ts';

const token = 'hf_the-token-in-the-source';
const file = readFileSync(join(repository, 'tests/fixtures/workers/raises.py'), 'utf8').split('\n');
let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start({ root: inject('root'), env: { HF_TOKEN: token, HEADY_HF_MOCK: '1' } });
});
afterAll(() => server[Symbol.asyncDispose]());

interface Failed {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly requestId: string;
  readonly traceback?: string;
}

async function failure(name: string, input: object = {}, from = server): Promise<Failed> {
  const response = await from.call(`raises/${name}`, input);
  return { ...((await response.json()) as Failed), status: response.status };
}

async function logged({ requestId }: Failed, from = server): Promise<LogLine> {
  return from.line((line) => line.requestId === requestId && line.traceback !== undefined);
}

const own = new Set(file.map((line) => line.trim()));

/** The lines of the file that a traceback shows, and what it says of frames left out. */
function shown({ traceback = '' }: Failed): string[] {
  const lines = traceback.split('\n').map((line) => line.replace(/^[ |+-]*/, ''));
  return lines.filter((line) => line !== '' && (own.has(line) || line.startsWith('... ')));
}

describe('the traceback of a function', () => {
  it.each([
    ['plain', ['_deeper({"a": 1})', 'return values["b"]  # fails here'], /KeyError: 'b'\n$/],
    [
      'chained',
      [
        'json.loads("{")  # the cause',
        '... 3 frames of json',
        'raise RuntimeError("no answer") from error  # fails here',
      ],
      /JSONDecodeError: .*\n\nThe above exception was the direct cause .*:\n\nTraceback [^]*RuntimeError: no answer\n$/,
    ],
    [
      'while_handling',
      ['_deeper({})', 'return values["b"]  # fails here', 'int("x")  # fails here'],
      /KeyError: 'b'\n\nDuring handling [^]*ValueError: .*\n$/,
    ],
    [
      'grouped',
      [
        'async with asyncio.TaskGroup() as group:  # fails here',
        '... 1 frame of asyncio',
        'raise ValueError("of a task")  # fails in the task',
      ],
      /ExceptionGroup: [^]*ValueError: of a task/,
    ],
    [
      'in_pool',
      ['pool.submit(_deeper, {}).result()', '... 3 frames of concurrent', 'return values["b"]  # fails here'],
      /KeyError/,
    ],
    ['items', ['yield _deeper({})', 'return values["b"]  # fails here'], /KeyError/],
    ['async_items', ['yield _deeper({})', 'return values["b"]  # fails here'], /KeyError/],
    [
      'through_library',
      [
        'json.loads("[1]", parse_int=_number)',
        '... 3 frames of json',
        'raise ValueError(text)  # fails here',
      ],
      /ValueError: 1\n$/,
    ],
    [
      'recursive',
      Array<string>(3).fill('recursive()  # fails here'),
      /Previous line repeated \d+ more times[^]*RecursionError/,
    ],
  ])('of %s has the own lines, and counts what is left out between', async (name, lines, end) => {
    const failed = await failure(name);
    expect(failed).toMatchObject({ status: 500, code: 'worker-error' });
    expect(shown(failed)).toEqual(lines);
    expect(failed.traceback).toMatch(end);
    expect(failed.traceback).not.toMatch(/heady|frozen|site-packages/);
  });

  it('begins with the own code where a validator fails, and ends with a library’s where there is no other', async () => {
    const validated = await failure('validated', { value: 1 });
    expect(validated.traceback).toMatch(
      /raises\.py", line \d+, in <lambda>\n.*# fails here\n[^]*ZeroDivisionError/,
    );
    const { traceback } = await failure('only_library', { value: 1 });
    expect(traceback).toMatch(
      /^Traceback .*\n {2}File ".*json\/__init__\.py", line \d+, in loads\n[^]*TypeError/,
    );
  });

  it('is told of even when the exception cannot be formatted', async () => {
    const failed = await failure('odd_syntax');
    expect(failed).toMatchObject({ status: 500, code: 'worker-error' });
    expect(failed.traceback).toMatch(/SyntaxError/);
  });

  it('is logged with the line at which it was raised', async () => {
    for (const name of ['plain', 'parses', 'chained', 'in_pool', 'through_library']) {
      const failed = await failure(name);
      const line = await logged(failed);
      const [, number] = /:(\d+)$/.exec(String(line.source)) ?? [];
      expect(line).toMatchObject({
        level: 'error',
        worker: 'raises',
        function: name,
        traceback: failed.traceback,
      });
      expect(file[Number(number) - 1]).toContain('# fails here');
    }
  });

  it('shows no secret that stands in its source', async () => {
    const failed = await failure('with_secret');
    expect(failed.traceback).toContain('len("[HF_TOKEN]")');
    expect((await logged(failed)).traceback).toContain('len("[HF_TOKEN]")');
    expect(server.output).not.toContain(token);
  });

  it('of a file that does not parse is the line of it', async () => {
    const response = await server.call('syntax_error/fine');
    const { traceback } = (await response.json()) as Failed;
    expect(traceback).toMatch(/syntax_error\.py", line 2\n.+\n +\^+\nSyntaxError: invalid syntax\n$/);
    const line = await server.line(({ message }) => message.startsWith('worker syntax_error does not load'));
    expect(line).toMatchObject({ level: 'error', source: 'workers/syntax_error.py:2', traceback });
  });

  it('is in the log alone in production', async () => {
    await using production = await TestServer.start({
      root: inject('root'),
      env: { NODE_ENV: 'production', HEADY_HF_MOCK: '1' },
    });
    const failed = await failure('plain', {}, production);
    expect(failed).not.toHaveProperty('traceback');
    expect(JSON.stringify(failed)).not.toContain('fails here');
    expect((await logged(failed, production)).traceback).toContain('return values["b"]  # fails here');
  });

  it('stands as lines in the pretty format', async () => {
    const env = { PORT: '0', HEADY_LOG_FORMAT: 'pretty', HEADY_API_KEY: apiKey };
    const pretty = spawnServer({ root: inject('root'), env });
    let output = '';
    pretty.all.on('data', (data: Buffer) => (output += data.toString()));
    const port = await waitFor(() => /listening.* port=(\d+)/.exec(output)?.[1], 30_000);
    const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
    await fetch(`http://127.0.0.1:${port}/api/workers/raises/chained`, {
      method: 'POST',
      headers,
      body: '{}',
    });
    await waitFor(() => output.includes('route=/api/workers') || undefined);
    pretty.kill('SIGTERM');
    await pretty;
    expect(output).toMatch(
      / raises\.chained: RuntimeError: no answer.* source=workers\/raises\.py:\d+\S*\n {2}Traceback .*\n {4}File ".*raises\.py"/,
    );
    expect(output).not.toContain('traceback=');
  });
});
