import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { entriesOf, withoutUnfinished } from '../../lib/python/output/output-records.ts';
import { repository } from '../project.ts';
import { TestServer } from '../server.ts';

const file = readFileSync(join(repository, 'tests/fixtures/workers/says.py'), 'utf8').split('\n');
let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start({ root: inject('root') });
});
afterAll(() => server[Symbol.asyncDispose]());

/** The line of the fixture that has the text, as the log names it. */
function at(text: string): string {
  return `workers/says.py:${file.findIndex((line) => line.includes(text)) + 1}`;
}

interface Said {
  readonly level: unknown;
  readonly message: string;
  readonly source: unknown;
  readonly stream: unknown;
  readonly logger?: unknown;
  readonly traceback?: unknown;
}

/** What a call has said, in the order of each of its streams. */
async function said(name: string, input: object = {}, from = server): Promise<Said[]> {
  const response = await from.call(`says/${name}`, input);
  const requestId = response.headers.get('x-request-id');
  await from.line((line) => line.requestId === requestId && line.message === 'invocation');
  return from.lines
    .filter((line) => line.requestId === requestId && line.stream !== undefined)
    .map(({ level, message, source, stream, logger, traceback }) => ({
      level,
      message,
      source,
      stream,
      ...(logger === undefined ? {} : { logger }),
      ...(traceback === undefined ? {} : { traceback }),
    }));
}

function messages(lines: readonly Said[], stream?: string): string[] {
  return lines.filter((line) => stream === undefined || line.stream === stream).map(({ message }) => message);
}

describe('print', () => {
  it('is an info line with the line of its caller; what others write has none', async () => {
    const lines = await said('printed');
    const printed = (message: string, source?: string) => ({
      level: 'info',
      message,
      source,
      stream: 'stdout',
    });
    expect(lines.filter(({ stream }) => stream === 'stdout')).toEqual([
      printed('one two', at('# a print')),
      printed('three', at('three\\nfour')),
      printed('four', at('three\\nfour')),
      printed('in parts', at('print("parts")')),
      printed('\0 \\udc80 \x1e{}', at('\\udc80 \\x1e')),
      printed('raw'),
      printed('of a process'),
    ]);
    expect(lines).toContainEqual({ ...printed('written', at('written')), stream: 'stderr' });
  });

  it('keeps the lines of threads whole', async () => {
    const lines = await said('in_threads');
    const whole = messages(lines).filter((message) => /^thread \d line \d+$/.test(message));
    expect(new Set(whole).size).toBe(800);
    const others = messages(lines).filter((message) => !whole.includes(message));
    expect(others.toSorted()).toEqual(Array.from({ length: 8 }, (_, number) => `unended ${number}`));
    expect(new Set(lines.filter(({ source }) => source).map(({ source }) => source))).toEqual(
      new Set([at('"line", line')]),
    );
  });

  it('reaches what the function has put in place of stdout, and stdout stays what it was', async () => {
    const lines = await said('replaced');
    expect(messages(lines, 'stderr')).toEqual(['past a replaced stderr']);
    expect(messages(lines, 'stdout')).toEqual(['was kept, utf-8 1 True', 'of the buffer', 'TypeError']);
  });

  it('fails as ever where the function has closed its stdout, and logging is silent', async () => {
    expect(await server.answer('says/closed')).toBe('still here');
  });
});

describe('logging', () => {
  it('has its level, its logger and its line, and keeps newlines', async () => {
    const of = (level: string, message: string, source: string, logger = 'workers.says') => ({
      level,
      message,
      source,
      stream: 'stderr',
      logger,
    });
    expect(await said('logged')).toEqual([
      of('info', 'an info', at('an %s')),
      of('warn', 'a\nwarning \udc80', at('a\\nwarning')),
      of('error', 'a critical', at('a critical')),
      of('info', 'by the root', at('by the root'), 'root'),
      of('info', expect.stringMatching(/^'no %d' cannot be formatted: TypeError: /), at('# unformattable')),
    ]);
  });

  it('tells an exception with its traceback, cut to the own code; a printed traceback is an error too', async () => {
    const [logged, ...printed] = await said('logged_with_exception');
    expect(logged).toMatchObject({
      level: 'error',
      message: 'a logged exception',
      source: at('log.exception'),
    });
    expect(logged).toHaveProperty(
      'traceback',
      expect.stringMatching(
        /^Traceback .*\n.*says\.py", line \d+, in logged_with_exception\n +int\("x"\)  # the cause\n/,
      ),
    );
    expect(printed[0]).toMatchObject({ level: 'error', source: at('traceback.print_exc()') });
    expect(messages(printed).at(-1)).toMatch(/^ValueError: invalid literal/);
  });

  it('of libraries is logged from warnings on, unless somebody has given their logger a level', async () => {
    const lines = await said('in_library');
    expect(messages(lines)).not.toContain('chatty');
    expect(lines).toContainEqual({
      level: 'warn',
      message: 'grave',
      source: 'chatter/client.py:3',
      logger: 'chatter',
      stream: 'stderr',
    });
    expect(lines).toContainEqual(
      expect.objectContaining({ message: 'asked for', source: 'chatter/client.py:1' }),
    );
    expect(lines).toContainEqual(
      expect.objectContaining({ message: 'printed by a library', source: at('# calls a library') }),
    );
  });

  it.each([
    ['level', 'stderr', ['ours: an error'], 'error'],
    ['stream', 'stdout', ['theirs: an info', 'theirs: an error'], 'info'],
    ['handler', 'stdout', ['an info', 'an error'], 'info'],
    ['root handler', 'stderr', ['an info', 'an error'], 'info'],
    ['file', 'stderr', ['an info', 'an error'], 'error'],
    ['dict', 'stdout', ['an info', 'an error'], 'info'],
  ])('configured by %s does as it is told, once', async (how, stream, told, level) => {
    const lines = await said('configured', { how });
    expect(messages(lines)).toEqual(told);
    expect(lines.at(-1)).toMatchObject({ stream, level, source: at('log.error("an error")') });
  });

  it('begins at HEADY_LOG_LEVEL', async () => {
    await using detailed = await TestServer.start({
      root: inject('root'),
      env: { HEADY_LOG_LEVEL: 'debug' },
    });
    expect((await said('logged', {}, detailed))[0]).toMatchObject({
      level: 'debug',
      message: 'a debug',
      source: at('a %s'),
    });
    await using quiet = await TestServer.start({ root: inject('root'), env: { HEADY_LOG_LEVEL: 'info' } });
    expect(messages(await said('logged', {}, quiet))).not.toContain('a debug');
  });
});

it('warnings are warnings, at the line that they are of, unless they are caught', async () => {
  expect(await said('warned')).toEqual([
    { level: 'warn', message: 'UserWarning: an old way', source: at('an old way'), stream: 'stderr' },
    expect.objectContaining({ message: 'the last' }),
  ]);
});

it('exceptions that nobody catches are errors: in threads, in destructors, and those that end the process', async () => {
  expect(await said('lost')).toEqual([
    expect.objectContaining({
      level: 'error',
      message: 'uncaught in thread lonely: IndexError: list index out of range',
      source: at('# in a thread'),
      traceback: expect.stringContaining('lambda: [][1]'),
    }),
    expect.objectContaining({
      level: 'error',
      message: expect.stringMatching(/__del__: KeyError: 'in its end'$/),
      source: at('in its end'),
    }),
    expect.objectContaining({
      level: 'error',
      message: 'uncaught: KeyboardInterrupt: out of the call',
      source: at('out of the call'),
    }),
  ]);
});

describe('what is said', () => {
  it('at import and in hooks is the worker’s, not a request’s', async () => {
    await said('warned');
    for (const [message, logger] of [
      ['printed at import', undefined],
      ['logged at import', 'workers.says'],
      ['logged in a hook', 'workers.says'],
    ]) {
      const line = await server.line((each) => each.message === message);
      expect(line).toMatchObject({ worker: 'says', source: at(`${message}"`) });
      expect([line.logger, line.requestId]).toEqual([logger, undefined]);
    }
  });

  it('by a reused process is of its own call, unended lines too', async () => {
    for (const text of ['a', 'b', 'c']) {
      const lines = await said('reused', { text });
      expect(messages(lines).toSorted()).toEqual([`logged ${text}`, `printed ${text}`, `unended ${text}`]);
    }
  });

  it('by a fresh interpreter is told the same way', async () => {
    expect(await said('spawned')).toEqual([
      expect.objectContaining({ message: 'printed \\udc80', source: at('print("printed \\udc80")') }),
      expect.objectContaining({ level: 'warn', message: 'logged', logger: 'workers.says' }),
    ]);
  });

  it('by processes that the function has started is told the same way', async () => {
    const lines = await said('in_processes');
    const logged = [0, 1, 2, 3].map((number) => `logged by ${number}`);
    expect(messages(lines, 'stderr').toSorted()).toEqual(logged);
    const printed = lines.filter(({ source }) => source === at('"process", number'));
    const whole = messages(printed).filter((message) => /^(?:unended \d)*process \d line \d+$/.test(message));
    expect(whole.length).toBe(400);
  });

  it('is cut in length, and what comes after is whole', async () => {
    const lines = await said('large');
    expect(lines.map(({ level, message, source }) => [level, message.length < 16_400, source])).toEqual(
      expect.arrayContaining([
        ['info', true, at('10_000_000')],
        ['error', true, at('50_000')],
        ['info', true, at('20_000')],
        ['info', true, at('print("then")')],
      ]),
    );
    expect(lines.length).toBe(4);
    expect(messages(lines)).toContain(`${'x'.repeat(16_000)}… (9984000 more characters)`);
  });

  it('is cut in sum, without a broken record at the end', async () => {
    const lines = await said('flood');
    expect(lines.length).toBeGreaterThan(500);
    expect(lines.filter(({ message }) => !/^\d+ z{1000}$/.test(message))).toEqual([]);
  });

  it('is taken as text where it only looks like a record', async () => {
    const lines = await said('forges');
    const forged = messages(lines, 'stdout');
    expect(forged).toContain('\x1e{"level":"fatal"}');
    expect(forged).toContain('\x1e{"text":');
    expect(lines).toContainEqual({
      level: 'error',
      message: 'forged',
      source: 'anywhere:1',
      stream: 'stdout',
    });
    expect(forged).toEqual(expect.arrayContaining(['before', 'cut ']));
    expect(lines.filter(({ level }) => !['info', 'error'].includes(String(level)))).toEqual([]);
    expect(messages(lines, 'stderr').length).toBe(5);
  });
});

describe('a line of output', () => {
  it('is read by its last separator', () => {
    expect(entriesOf('a\x1eb\x1e{"source":"x.py:1"}', 'stdout')).toEqual([
      { message: 'a\x1eb', level: 'info', source: 'x.py:1', stream: 'stdout' },
    ]);
  });

  it.each(['plain', '', '\x1e', 'a\x1enull', 'a\x1e{"level":"x"}', `a\x1e{"logger":"${'l'.repeat(2000)}"}`])(
    'is text where it has no record: %j',
    (line) => {
      expect(entriesOf(line, 'stderr')).toEqual([{ message: line, level: 'info', stream: 'stderr' }]);
    },
  );

  it('loses a record that was cut, and nothing else', () => {
    expect(withoutUnfinished('a\x1e{"source":"x')).toBe('a');
    expect(withoutUnfinished('a\x1e')).toBe('a');
    expect(withoutUnfinished('a\x1eb')).toBe('a\x1eb');
    expect(withoutUnfinished('a\x1e{"source":"x.py:1"}')).toBe('a\x1e{"source":"x.py:1"}');
  });
});
