import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { TestServer } from '../server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start({ root: inject('root') });
});
afterAll(() => server[Symbol.asyncDispose]());

interface Listed {
  readonly name: string;
  readonly functions: readonly { readonly name: string }[];
}

async function problem(response: Response): Promise<Record<string, unknown>> {
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  return (await response.json()) as Record<string, unknown>;
}

describe('a call', () => {
  it('answers with the returned value itself, and says how long it waited and ran', async () => {
    const response = await server.call('types/asynchronous', { value: 41 });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('42');
    expect(response.headers.get('server-timing')).toMatch(/^queue;dur=[\d.]+, python;dur=[\d.]+$/);
  });

  it('binds models, dataclasses, typed dicts, literals and dates', async () => {
    const response = await server.call('types/everything', {
      item: { name: 'chair' },
      point: { x: 3 },
      options: { color: 'red' },
      when: '2026-01-31T10:00:00Z',
    });
    expect(await response.json()).toEqual({
      name: 'chair',
      price: 1.5,
      sum: 3,
      color: 'red',
      tomorrow: '2026-02-01T10:00:00Z',
      tags: [],
    });
  });

  it.each([
    ['list_bytes', { seals: ['_w8='] }, ['D_8=']],
    ['dataclass_bytes', { stamped: { seal: '/w8=' } }, { seal: 'D_8=' }],
    ['typed_dict_bytes', { sealed: { seal: '_w8=' } }, { seal: 'D_8=' }],
  ])('has bytes as base64 both ways, wherever they are (%s)', async (name, input, output) => {
    expect(await (await server.call(`types/${name}`, input)).json()).toEqual(output);
  });

  it('has bytes in a model as the model has them, and never for a file', async () => {
    expect(await (await server.call('types/model_bytes', { text: { seal: 'ab' } })).json()).toEqual({
      seal: 'ba',
    });
    const { workers } = (await (await server.fetch('/api/workers')).json()) as { workers: Listed[] };
    const listed = workers.find(({ name }) => name === 'types')?.functions;
    const schemas = listed?.filter(({ name }) => name.endsWith('_bytes'));
    expect(schemas).toHaveLength(4);
    expect(JSON.stringify(schemas)).not.toContain('"binary"');
  });

  it('takes parameters whose names a model has for itself', async () => {
    const input = { json: 1, model_config: 2, copy: 3, _hidden: 4 };
    expect(await (await server.call('types/awkward_names', input)).json()).toBe(10);
  });

  it.each(['generator', 'async_generator'])('answers with all items of a %s', async (name) => {
    expect(await (await server.call(`types/${name}`, { count: 3 })).json()).toEqual([0, 1, 2]);
  });

  it('hands the function its context', async () => {
    const response = await server.call(
      'types/with_context',
      {},
      {
        headers: { 'content-type': 'application/json', 'x-request-id': 'my-request' },
      },
    );
    const context = (await response.json()) as { remaining: number };
    expect(context).toMatchObject({ requestId: 'my-request', function: 'with_context' });
    expect(context.remaining).toBeGreaterThan(80);
    expect(response.headers.get('x-request-id')).toBe('my-request');
  });

  it('takes a default that JSON cannot carry, and a context that may be missing', async () => {
    expect(await (await server.call('types/bounded', { value: 1e300 })).json()).toBe(true);
  });

  it('runs each call in a process, a process group and a directory of its own', async () => {
    const ids = [1, 2, 3].map(
      async () => (await (await server.call('hostile/process_ids')).json()) as Record<string, number>,
    );
    const [first, second, third] = await Promise.all(ids);
    expect(new Set([first?.pid, second?.pid, third?.pid]).size).toBe(3);
    expect(first?.group).toBe(first?.pid);
    expect(await (await server.call('hostile/working_directory')).json()).toMatchObject({ files: [] });
  });

  it('draws other random numbers than every other call', async () => {
    const numbers = await Promise.all(
      [1, 2, 3, 4].map(async () => (await server.call('hostile/random_number')).text()),
    );
    expect(new Set(numbers).size).toBe(4);
  });
});

describe('a fork', () => {
  it('runs the hooks that a worker has registered for it', async () => {
    const response = await server.call('fork_hooks/hooks');
    expect(await response.json()).toEqual([
      ['before', false],
      ['child', true],
    ]);
  });
});

describe('an exception', () => {
  it('of a validator is told as one of the function', async () => {
    const response = await server.call('types/validated', { name: 'unknown' });
    expect(await problem(response)).toMatchObject({
      code: 'worker-error',
      detail: "types.validated: KeyError: 'unknown'",
    });
  });

  it('of any length is told, and cut', async () => {
    const { code, detail } = await problem(await server.call('types/long_message'));
    expect(code).toBe('worker-error');
    expect(detail).toMatch(/^types\.long_message: ValueError: x{3000,4000}… \(\d+ more characters\)$/);
  });
});

describe('wrong input', () => {
  it('is 422 with a pointer to each wrong field', async () => {
    const input = { item: { name: 'x' }, point: {}, options: { color: 'green' }, when: 'soon', extra: 1 };
    const response = await server.call('types/everything', input);
    expect(response.status).toBe(422);
    const { code, errors } = await problem(response);
    expect(code).toBe('invalid-input');
    const pointers = (errors as { pointer: string }[]).map(({ pointer }) => pointer);
    expect(pointers).toEqual(['/item/name', '/point/x', '/options/color', '/when', '/extra']);
  });

  it.each(['{"value":', '', 'nonsense', '\uFEFF{}x'])('is 400 when the body is %j', async (body) => {
    const response = await server.call('types/asynchronous', undefined, { body });
    expect(response.status).toBe(400);
    expect((await problem(response)).code).toBe('malformed-body');
  });

  it.each([
    ['{"anything": NaN}', 'Invalid JSON: expected value at line 1 column 14'],
    ['{"anything": [Infinity]}', 'Invalid JSON: expected value at line 1 column 15'],
    ['{"mapping": {"a": -Infinity}}', 'Invalid JSON: invalid number at line 1 column 20'],
    ['{"item": {"name": "xy", "price": NaN}}', 'Invalid JSON: expected value at line 1 column 34'],
    ['{"unbounded": Infinity}', 'Invalid JSON: expected value at line 1 column 15'],
  ])('is 400 when the body has what only other readers take for JSON: %s', async (body, detail) => {
    const response = await server.call('types/finite', undefined, { body });
    expect([response.status, await problem(response)]).toMatchObject([
      400,
      { code: 'malformed-body', detail: expect.stringContaining(detail) },
    ]);
  });

  it.each([
    ['{"anything": [1, 1e999]}', ['/anything/1']],
    ['{"mapping": {"a": -1E+400, "b": 1e999}}', ['/mapping/a', '/mapping/b']],
    ['{"item": {"name": "xy", "price": 1e999}}', ['/item/price']],
    ['{"number": 1e999}', ['/number']],
    ['{"unbounded": 1e999}', ['/unbounded']],
    [`{"anything": ${'9'.repeat(400)}.5}`, ['/anything']],
    ['{"number": "Infinity"}', ['/number']],
  ])('is 422 when a number is beyond the range of a float: %s', async (body, pointers) => {
    const response = await server.call('types/finite', undefined, { body });
    const { code, errors } = await problem(response);
    expect([response.status, code, errors]).toEqual([
      422,
      'invalid-input',
      pointers.map((pointer) => ({ pointer, detail: 'Input should be a finite number' })),
    ]);
  });

  it('is none of that where a text looks like such a number, or an exponent is within range', async () => {
    const input = { anything: ['NaN', 'Infinity', '1e999'], number: 1e300 };
    expect(await server.answer('types/finite', input)).toBe(
      "[['NaN', 'Infinity', '1e999'], {}, None, 1e+300, 0]",
    );
  });

  it('is 422 when the body is JSON but no object', async () => {
    expect((await server.call('types/asynchronous', [1])).status).toBe(422);
  });

  it('is 415 when the body says that it is no JSON', async () => {
    const response = await server.call(
      'types/asynchronous',
      {},
      { headers: { 'content-type': 'text/plain' } },
    );
    expect(response.status).toBe(415);
  });

  it.each([
    ['tipes/asynchronous', "'types'"],
    ['types/asyncronous', "'asynchronous'"],
    ['types/_private', "There are 'everything'"],
    ['types/without_hints', 'has no function'],
    ['heady/main', 'There is no worker'],
    ['..%2Ftypes/asynchronous', 'There is no worker'],
  ])('is 404 for %s, naming near ones', async (path, words) => {
    const response = await server.call(path);
    expect(response.status).toBe(404);
    expect(await problem(response)).toMatchObject({
      code: 'worker-not-found',
      detail: expect.stringContaining(words),
    });
  });
});

describe('a function that fails', () => {
  it('tells the exception, and the traceback from its own code outside production', async () => {
    const response = await server.call('types/broken_promise');
    expect(response.status).toBe(500);
    expect(await problem(response)).toMatchObject({
      code: 'worker-error',
      detail: expect.stringContaining('the returned value is not of the return type'),
    });
  });

  it('says that a value has no JSON form', async () => {
    expect((await problem(await server.call('types/unserializable'))).detail).toMatch(/no JSON form/);
  });

  it('is told of even when its exception has no text', async () => {
    const { detail, traceback } = await problem(await server.call('hostile/raise_unprintable'));
    expect(detail).toBe('hostile.raise_unprintable: Unprintable: (its message raised ValueError)');
    expect(traceback).toMatch(/hostile\.py", line \d+, in raise_unprintable/);
    expect(traceback).not.toMatch(/heady\/runtime/);
  });

  it('is unavailable alone when its own hints are at fault', async () => {
    const response = await server.call('types/unhintable', { value: 1 });
    expect(response.status).toBe(503);
    expect((await problem(response)).detail).toMatch(/Nonexistent/);
    expect(await problem(await server.call('types/formless', { count: 1 }))).toMatchObject({
      code: 'worker-unavailable',
      detail: expect.stringMatching(
        /^formless: parameter 'key' has the hint collections\.abc\.Callable\[\[int\], int\], which has no form in JSON/,
      ),
    });
    expect((await server.call('types/declared')).status).toBe(200);
  });
});

describe('a worker that does not load', () => {
  it.each([
    ['syntax_error/fine', /SyntaxError: invalid syntax .*syntax_error\.py, line 2/],
    ['import_error/any', /RuntimeError: no model in .*import_error\.py, line 3/],
    ['exits_on_import/any', /its process ended with signal SIGSEGV while it imported/],
  ])('answers %s with 503, file, line and message, and the others go on', async (path, words) => {
    const response = await server.call(path);
    expect(response.status).toBe(503);
    const told = await problem(response);
    expect(told.traceback).not.toContain('ast.py');
    expect(told).toMatchObject({
      code: 'worker-unavailable',
      detail: expect.stringMatching(words),
    });
    expect((await server.call('types/declared')).status).toBe(200);
  });
});

it('lists workers with schemas and limits, and those that do not load with why', async () => {
  const { workers } = (await (await server.fetch('/api/workers')).json()) as {
    workers: Record<string, unknown>[];
  };
  const byName = Object.fromEntries(workers.map((worker) => [worker.name, worker]));
  const files = readdirSync(join(inject('root'), 'workers')).filter((name) => /^[^_].*\.py$/.test(name));
  expect(Object.keys(byName)).toEqual(files.map((name) => name.slice(0, -'.py'.length)).toSorted());
  expect(byName.syntax_error?.error).toMatch(/SyntaxError/);
  const functions = byName.types?.functions as { name: string; input: object; limits: object }[];
  expect(functions.map(({ name }) => name)).not.toContain('without_hints');
  expect(functions.find(({ name }) => name === 'asynchronous')).toMatchObject({
    input: { properties: { value: { type: 'integer' } }, required: ['value'], additionalProperties: false },
    output: { type: 'integer' },
    limits: { timeoutMs: 90_000, cpuMs: 60_000, outputBytes: 8 * 1024 ** 2 },
  });
});

it('logs what a function writes under the request id, and one line for the call', async () => {
  const response = await server.call('hostile/log_both', { text: 'zeile \u{1F600}' });
  const requestId = response.headers.get('x-request-id');
  expect(
    await server.line((line) => line.requestId === requestId && line.message === 'zeile \u{1F600}'),
  ).toMatchObject({
    worker: 'hostile',
    function: 'log_both',
    stream: 'stdout',
  });
  await server.line(
    (line) => line.requestId === requestId && line.message === 'unfinished' && line.stream === 'stderr',
  );
  const invocation = await server.line(
    (line) => line.requestId === requestId && line.message === 'invocation',
  );
  expect(invocation).toMatchObject({ worker: 'hostile', function: 'log_both', outcome: 'ok', bytesOut: 4 });
  expect(invocation.cpuMs).toBeGreaterThan(0);
  expect(invocation.minorFaults).toBeGreaterThan(0);
});
