import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { build, makeProject, type Project, repository } from '../project.ts';
import { apiKey, TestServer } from '../server.ts';

const previousKey = 'the-key-before-of-thirty-two-characters';

let project: Project;
let server: TestServer;
beforeAll(async () => {
  project = makeProject(join(repository, 'tests/functions/project'));
  await build(project.root);
  server = await TestServer.start({ root: project.root, env: { HEADY_API_KEY_PREVIOUS: previousKey } });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  project[Symbol.dispose]();
});

/** A request with the key, to a path below `/api/py`. */
async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  return server.fetch(`/api/py/${path}`, init);
}

async function post(path: string, body: string, type = 'application/json'): Promise<Response> {
  return ask(path, { method: 'POST', body, headers: { 'content-type': type } });
}

/** Status and errors, each as one text. */
async function errorsOf(response: Promise<Response>): Promise<string[]> {
  const { status, errors = [] } = (await (await response).json()) as {
    status: number;
    errors?: { pointer: string; detail: string }[];
  };
  return [String(status), ...errors.map(({ pointer, detail }) => `${pointer}: ${detail}`)];
}

/** What a child says of a `heady.HTTPError`, as the text of its frame. */
function refusal(headers: Readonly<Record<string, string>>): string {
  return JSON.stringify({ code: 'http-error', detail: '', status: 404, headers });
}

async function textOf(response: Promise<Response>): Promise<string> {
  const answer = await response;
  return `${answer.status} ${await answer.text()}`;
}

describe('a generator that is asked for its head', () => {
  it('is not left to run', async () => {
    const headers = { accept: 'text/event-stream', 'x-request-id': 'head-of-endless' };
    const answer = server.fetch('/api/py/endless?seconds=0.3', { method: 'HEAD', headers });
    expect((await answer).status).toBe(200);
    const ended = await server.line(
      ({ message, requestId }) => message === 'invocation' && requestId === 'head-of-endless',
    );
    expect(ended.outcome).toBe('ok');
  });
});

describe('a .py file under routes/', () => {
  it.each([
    ['GET', '', '200 the index'],
    ['GET', 'items/3', '200 {"id":3,"verbose":false}'],
    ['DELETE', 'items/3', '204 '],
    ['PATCH', 'files/a/b.txt', '200 PATCH a/b.txt'],
    ['GET', 'files/a%2Fb%20c/d', '200 GET a/b c/d'],
    ['GET', 'other/anything', '200 nobody'],
  ])('answers %s /api/py/%s', async (method, path, answer) => {
    expect(await textOf(ask(path, { method }))).toBe(answer);
  });

  it('answers HEAD where it answers GET', async () => {
    const response = await ask('answers?way=cached', { method: 'HEAD' });
    expect([response.status, response.headers.get('etag'), await response.text()]).toEqual([200, '"v1"', '']);
  });

  it('takes no other method than its own', async () => {
    const response = await ask('items/3', { method: 'PUT' });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD, DELETE']);
  });

  it('is no endpoint where it, or its folder, begins with _', async () => {
    for (const path of ['_helper', '_private']) expect((await ask(path)).status).toBe(404);
  });

  it('is no worker that could be called by its name', async () => {
    const name = encodeURIComponent('routes/api/py/index.get.py');
    const response = await server.call(`${name}/root`);
    expect([response.status, await response.json()]).toMatchObject([404, { code: 'worker-not-found' }]);
  });

  it('has the limits that it declares, and a record under its path', async () => {
    expect(await textOf(ask('slow'))).toMatch(/^504 .*worker-timeout/);
    const line = await server.line(({ worker }) => worker === 'routes/api/py/slow.get.py');
    expect(line).toMatchObject({ message: 'invocation', function: 'slow', outcome: 'worker-timeout' });
  });

  it('imports shared modules from workers/, and has inference', async () => {
    expect(await textOf(ask('shared?question=Who%20built%20it%3F'))).toBe(
      '200 {"greeting":"hello from a shared module","answer":"Gustave Eiffel"}',
    );
  });

  it.each([
    ['two', "'routes/api/py/two.get.py' .* 2 public functions, first, second"],
    ['none', "'routes/api/py/none.get.py' .* no public function"],
    ['broken', 'SyntaxError: invalid syntax .routes/api/py/broken.get.py, line 2.'],
    ['unhinted', "name 'Missing' is not defined"],
  ])('that is no endpoint says why: %s', async (path, why) => {
    expect(await textOf(ask(path))).toMatch(new RegExp(`^503 .*${why}.*"code":"worker-unavailable"`));
  });

  it('is listed with its path, method and access, apart from the workers', async () => {
    const { workers, routes } = (await (await server.fetch('/api/workers')).json()) as Record<
      'workers' | 'routes',
      { file: string }[]
    >;
    expect(routes).toContainEqual(
      expect.objectContaining({
        file: 'routes/api/py/items/[id].get.py',
        method: 'GET',
        path: '/api/py/items/:id',
        functions: [expect.objectContaining({ name: 'item', access: 'public' })],
      }),
    );
    expect(routes).toContainEqual(
      expect.objectContaining({
        file: 'routes/api/py/broken.get.py',
        error: expect.stringContaining('SyntaxError'),
      }),
    );
    expect(workers.filter(({ file }) => file.startsWith('routes/'))).toEqual([]);
  });
});

describe('arguments', () => {
  it('come from path, query, form and body, each as its hint says', async () => {
    const query =
      'factor=3&tags=one&numbers=2&numbers=1&day=2026-11-26&color=blue&mode=slow&flag=yes&userId=7';
    const response = await post(`score?${query}`, '{"text": "abcd", "options": {"depth": 4}}');
    expect(await response.json()).toEqual({
      length: 12,
      text: 'abcd',
      tags: ['one'],
      numbers: [1, 2],
      day: '2026-11-26',
      color: 'blue',
      mode: 'slow',
      flag: true,
      depth: 4,
      either: '',
      renamed: 7,
    });
    const form = await post(
      'score?factor=2',
      'text=a+b%26&tags=x&tags=y',
      'application/x-www-form-urlencoded',
    );
    expect(await form.json()).toMatchObject({ text: 'a b&', length: 8, tags: ['x', 'y'] });
  });

  it('of a JSON body alone are bound as well, and so is a text that looks like another type', async () => {
    expect(await (await post('score', '{"text": "abcd"}')).json()).toMatchObject({ length: 4 });
    expect(await (await post('score?text=007', '')).json()).toMatchObject({ text: '007', length: 3 });
  });

  it('of one or several texts are a text or a list where the hint allows both', async () => {
    expect(await (await post('score?text=a&either=x', '')).json()).toMatchObject({ either: 'x' });
    expect(await (await post('score?text=a&either=x&either=y', '')).json()).toMatchObject({
      either: ['x', 'y'],
    });
  });

  it.each([
    ['level=2', { level: '2' }],
    ['sure=true', { sure: 'True' }],
    ['half=0.5', { half: '<Half.HALF: 0.5>' }],
    ['half=1', { half: '<Half.WHOLE: 1.0>' }],
    ['levels=2&levels=1', { levels: '[2, 1]' }],
    ['mixed=1', { mixed: "'1'" }],
    ['mixed=true', { mixed: "'true'" }],
    ['number_first=5&text_first=5', { number_first: '5', text_first: "'5'" }],
    ['number_first=true&text_first=true', { number_first: 'True', text_first: "'true'" }],
    ['number_first=007', { number_first: "'007'" }],
    ['price=1.0', { price: "Decimal('1.0')" }],
    ['anything=5', { anything: "'5'" }],
    ['area={"width":1,"inner":{"width":2}}', { area: 'Area(width=1, inner=Area(width=2, inner=None))' }],
    [
      'areas={"width":1}&areas={"width":2}',
      { areas: '[Area(width=1, inner=None), Area(width=2, inner=None)]' },
    ],
    ['areas=[{"width":1}]', { areas: '[Area(width=1, inner=None)]' }],
    ['counts={"a":1}', { counts: "{'a': 1}" }],
    ['counts=5', { counts: '5' }],
  ])('that are texts are what the hint takes, in a query and in a form: %s', async (given, expected) => {
    expect(await (await ask(`texts?${encodeURI(given)}`)).json()).toMatchObject(expected);
    const form = await post('texts', encodeURI(given), 'application/x-www-form-urlencoded');
    expect(await form.json()).toMatchObject(expected);
  });

  it.each([
    ['level=3', '/query/level: Input should be 1 or 2'],
    ['level=true', '/query/level: Input should be 1 or 2'],
    ['sure=1', '/query/sure: Input should be True'],
    ['ratio=inf', '/query/ratio: Input should be a finite number'],
    ['ratio=1e999', '/query/ratio: Input should be a finite number'],
    ['area={"width":', '/query/area: JSON is wanted: EOF while parsing a value at line 1 column 9.'],
    ['area={"width":1e999}', '/query/area: JSON is wanted: Input should be a finite number.'],
    [
      'area={"width":"x"}',
      '/query/area/width: Input should be a valid integer, unable to parse string as an integer',
    ],
    ['areas={"width":1}&areas=x', '/query/areas: JSON is wanted: expected value at line 1 column 1.'],
  ])('that are texts of nothing that the hint takes are told: %s', async (given, error) => {
    expect(await errorsOf(ask(`texts?${encodeURI(given)}`))).toEqual(['422', error]);
  });

  it('that are texts in a JSON body are texts there', async () => {
    expect(await errorsOf(post('texts?half=1', '{"level": "2", "area": "{}"}'))).toEqual([
      '422',
      '/level: Input should be 1 or 2',
      expect.stringMatching('^/area: Input should be'),
    ]);
  });

  it.each([
    ['items/three', '/params/id: Input should be a valid integer, unable to parse string as an integer'],
    ['items/3?verbose=perhaps', '/query/verbose: Input should be a valid boolean, unable to interpret input'],
    ['items/3?verbos=1', "/query/verbos: No parameter takes 'verbos'. Did you mean 'verbose'?"],
    ['items/3?zzzzzz=1', "/query/zzzzzz: No parameter takes 'zzzzzz'. There are 'id', 'verbose'."],
    ['items/3?verbose=1&verbose=0', '/query/verbose: Given 2 times: it takes one value.'],
    ['items/3?id=4', '/query/id: Given by path and query: give one.'],
    ['?x=1', "/query/x: No parameter takes 'x'. There is none."],
    ['context?about=1', "/query/about: No parameter takes 'about'. There is none."],
    ['context?__proto__=1', "/query/__proto__: No parameter takes '__proto__'. There is none."],
  ])('that do not fit are pointed at: %s', async (path, error) => {
    expect(await errorsOf(ask(path))).toEqual(['422', error]);
  });

  it('that are wrong in a body are pointed at, with the nearest name, also those of a worker', async () => {
    const wrong = '{"text": "a", "tgas": [], "options": {"depth": "deep"}}';
    const expected = [
      '422',
      '/options/depth: Input should be a valid integer, unable to parse string as an integer',
      "/tgas: No parameter takes 'tgas'. Did you mean 'tags'?",
    ];
    expect(await errorsOf(post('score', wrong))).toEqual(expected);
    expect(await errorsOf(post('score?factor=2', wrong))).toEqual(expected);
    expect(await errorsOf(server.call('process_data/qa', { qestion: 'who?' }))).toEqual([
      '422',
      '/question: Field required',
      "/qestion: No parameter takes 'qestion'. Did you mean 'question'?",
    ]);
  });

  it('that are given twice, by a body and a query or a form, are refused', async () => {
    expect(await errorsOf(post('score?text=a', '{"text": "a"}'))).toEqual([
      '422',
      '/query/text: Given by body and query: give one.',
    ]);
    expect(await errorsOf(post('score?text=a', 'text=b', 'application/x-www-form-urlencoded'))).toEqual([
      '422',
      '/text: Given by query and form: give one.',
    ]);
  });

  it.each([
    ['{"text": ', 'application/json', 400],
    ['[1]', 'application/json', 422],
    ['"text"', 'application/json', 422],
    ['text=a', 'text/plain', 415],
    ['\xff', 'application/json', 400],
  ])('in a body %j of type %s are refused with a status of their own', async (body, type, status) => {
    const bytes = Buffer.from(body, 'latin1');
    for (const path of ['score', 'score?factor=2'])
      expect(
        (await ask(path, { method: 'POST', body: bytes, headers: { 'content-type': type } })).status,
      ).toBe(status);
  });

  it('with a broken escape in the path are a bad request', async () => {
    for (const path of ['files/%zz', 'files/%ff']) expect((await ask(path)).status).toBe(400);
  });

  it('of more bytes than a body may have are refused', async () => {
    const response = await post(
      'score',
      `text=${'a'.repeat(3_000_000)}`,
      'application/x-www-form-urlencoded',
    );
    expect(response.status).toBe(413);
  });
});

describe('access', () => {
  const unknown = async (path: string, init: RequestInit = {}) => fetch(`${server.url}/api/py/${path}`, init);

  it('is for the holders of the key, unless the function says that it is for anyone', async () => {
    expect((await unknown('items/3')).status).toBe(200);
    const wrong = { headers: { authorization: 'Bearer wrong' } };
    expect((await unknown('items/3', wrong)).status).toBe(200);
    for (const path of ['', 'answers?way=text', 'files/x']) {
      expect((await unknown(path)).status).toBe(401);
      expect((await unknown(path, wrong)).status).toBe(401);
    }
  });

  it('is refused without the key where the file is no endpoint, whatever is wrong with it', async () => {
    for (const path of ['two', 'none', 'broken', 'unhinted']) expect((await unknown(path)).status).toBe(401);
  });

  it('is said of files under routes/ alone', async () => {
    expect(await textOf(server.call('refuses/opened'))).toMatch(
      /^503 .*opened: access= is for files under routes/,
    );
  });
});

describe('what a function returns', () => {
  it.each([
    ['json', 200, 'application/json', '{"a":[1,null,"ü"]}'],
    ['null', 200, 'application/json', 'null'],
    ['text', 200, 'text/plain; charset=utf-8', 'größer'],
    ['created', 201, 'application/json', '{"id":7}'],
    ['html', 200, 'text/html', '<p>hi</p>'],
    ['empty', 202, null, ''],
    ['unchanged', 304, null, ''],
    ['teapot', 418, 'application/octet-stream', 'short and stout'],
    ['length', 200, 'text/plain; charset=utf-8', 'ab'],
  ])('is answered as it is: %s', async (way, status, type, body) => {
    const response = await ask(`answers?way=${way}`);
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
      status,
      type,
      body,
    ]);
  });

  it('may be bytes that are no text', async () => {
    const response = await ask('answers?way=bytes');
    expect(response.headers.get('content-type')).toBe('application/octet-stream');
    expect([...(await response.bytes())]).toEqual([0, 255]);
  });

  it('may set headers, also those of caches, a redirection and several cookies', async () => {
    const cached = await ask('answers?way=cached');
    expect(Object.fromEntries(cached.headers)).toMatchObject({
      etag: '"v1"',
      'cache-control': 'public, max-age=60',
      vary: 'Origin, accept',
    });
    expect((await ask('answers?way=created')).headers.get('x-many')).toBe('a, b');
    expect((await ask('answers?way=long')).headers.get('x-a')).toHaveLength(8000);
    expect((await ask('answers?way=cookies')).headers.getSetCookie()).toEqual(['a=1; Path=/', 'b=2']);
    const moved = await ask('answers?way=moved', { redirect: 'manual' });
    expect([moved.status, moved.headers.get('location')]).toEqual([307, '/elsewhere']);
  });

  it.each([
    ['lie', 'the content length is 2, not 1'],
    ['injected', "the header 'x-a' has a line break"],
    ['injected-name', 'is not the name of a header'],
    ['hop', "the header 'transfer-encoding' is set by the server alone"],
    ['request-id', "the header 'x-request-id' is set by the server alone"],
    ['informational', 'the status must be 200 to 599, not 101'],
    ['no-status', 'the status must be 200 to 599, not 600'],
    ['bodied-204', 'a response of status 204 has no body'],
    ['number-header', "the header 'x-a' must be a text, not int"],
    ['too-long', 'the headers have 24009 bytes together, and can have 16384'],
    ['error-too-long', 'the headers have 20003 bytes together, and can have 16384'],
    ['unjson', 'the returned value has no JSON form: NaN at /a'],
    ['error-injected', "the header 'x-a' has a line break"],
    ['error-200', 'the status must be 400 to 599, not 200'],
  ])('is refused where it cannot be sent: %s', async (way, why) => {
    const response = await ask(`answers?way=${way}`);
    const { code, detail } = (await response.json()) as Record<string, string>;
    expect([response.status, code, detail]).toEqual([500, 'worker-error', expect.stringContaining(why)]);
    expect(response.headers.get('set-cookie')).toBeNull();
    expect(response.headers.get('x-request-id')).not.toBe('mine');
  });

  it.each([
    ['[["x-a", "b"]]', 200, 200],
    ['[["x-a", "b\\r\\nset-cookie: evil=1"]]', 200, 502],
    ['[["connection", "close"]]', 200, 502],
    ['[["Content-Length", "1"]]', 200, 502],
    ['[["x-request-id", "mine"]]', 200, 502],
    ['[]', 101, 502],
    ['[["x-a"]]', 200, 502],
  ])('is not what its process forges: %s with %i', async (headers, status, answer) => {
    const response = await ask(`forged?headers=${encodeURIComponent(headers)}&status=${status}`);
    expect(response.status).toBe(answer);
    expect(response.headers.get('set-cookie')).toBeNull();
  });

  it('may be items, one by one where they are asked for', async () => {
    expect(await textOf(ask('counted?to=3'))).toBe('200 [0,1,2]');
    const lines = await ask('counted?to=3', { headers: { accept: 'application/x-ndjson' } });
    expect([lines.headers.get('content-type'), await lines.text()]).toEqual([
      'application/x-ndjson',
      '0\n1\n2\n',
    ]);
    const wrong = await ask('counted?to=many', { headers: { accept: 'text/event-stream' } });
    expect(wrong.status).toBe(422);
  });

  it('may be a file', async () => {
    const response = await ask('report');
    expect([response.headers.get('content-type'), await response.text()]).toEqual(['text/csv', 'a,b\n']);
    expect(response.headers.get('content-disposition')).toBe('attachment; filename=report.csv');
  });

  it('is answered whatever the request accepts', async () => {
    for (const accept of ['text/html', 'text/event-stream'])
      expect((await ask('answers?way=html', { headers: { accept } })).status).toBe(200);
  });

  it('is not what the process of a worker forges', async () => {
    const response = await server.call('forges_an_answer/forged', { headers: '[["x-a", "b"]]' });
    expect([response.status, response.headers.get('x-a')]).toEqual([502, null]);
  });

  it.each([
    ['B', '', "'stream' out of turn"],
    ['I', '1', "'item' out of turn"],
    ['H', '', "'ready' out of turn"],
    ['Z', '', "'Z' out of turn"],
    ['F', '{}', "'file' that cannot be taken"],
    ['E', '{"code": "http-error"}', "'error' that cannot be taken"],
  ])(
    'is not what a process forges with a frame %s %s, which its caller is told',
    async (kind, payload, said) => {
      expect(await textOf(server.call('forges_an_answer/sent', { kind, payload }))).toMatch(
        new RegExp(`^502 .*because it sent a frame ${said}.*"code":"worker-crashed"`),
      );
    },
  );

  it.each([
    ['B', '', "'stream' out of turn"],
    ['A', '', "'answer' out of turn"],
    ['F', '{}', "'file' out of turn"],
    ['E', refusal({ 'Content-Type': 'text/html' }), "'error' that cannot be taken"],
    ['E', refusal({ 'x-request-id': 'mine' }), "'error' that cannot be taken"],
  ])('as items has no frame %s %s among them', async (kind, payload, said) => {
    const headers = { accept: 'application/x-ndjson', 'content-type': 'application/json' };
    const answer = await server.call('forges_an_answer/streamed', { kind, payload }, { headers });
    const [first, last, ...more] = (await answer.text()).trim().split('\n');
    expect([first, last, more]).toEqual([
      '1',
      expect.stringContaining(`because it sent a frame ${said}`),
      [],
    ]);
  });

  it('cannot be a Response where the function is a worker’s', async () => {
    for (const [name, where] of [
      ['response', ''],
      ['hinted_response', ''],
      ['response_within', ' at /a/0'],
    ])
      expect(await (await server.call(`refuses/${name}`)).json()).toMatchObject({
        code: 'worker-error',
        detail: `refuses.${name}: the returned value has no JSON form: a heady.Response (which a file under routes/ returns, and by itself)${where}`,
      });
  });
});

describe('heady.HTTPError', () => {
  it.each([
    ['forbidden', 403, 'forbidden', 'Not allowed', 'not yours'],
    ['teapot-error', 418, 'http-error', "I'm a Teapot", "I'm a Teapot."],
    ['own-503', 503, 'http-error', 'Service Unavailable', 'the model sleeps'],
  ])('is told as problem details: %s', async (way, status, code, title, detail) => {
    const response = await ask(`answers?way=${way}`);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    const type = `urn:heady-manager:problem:${code}`;
    expect(await response.json()).toMatchObject({ type, status, code, title, detail });
    expect(response.headers.get('retry-after')).toBe(status === 503 ? '7' : null);
  });

  it('is told of a worker as well, and thrown to TypeScript', async () => {
    const response = await server.call('refuses/conflict');
    expect([response.status, await response.json()]).toMatchObject([
      409,
      { code: 'http-error', detail: 'taken' },
    ]);
    expect(await (await ask('caught')).json()).toMatchObject({
      name: 'Problem',
      status: 404,
      code: 'not-found',
      message: 'no tea',
    });
  });

  it('is no failure of the function: its record has the status, and no error is logged', async () => {
    const response = await ask('items/404');
    const requestId = response.headers.get('x-request-id');
    const line = await server.line((each) => each.message === 'invocation' && each.requestId === requestId);
    expect(line).toMatchObject({ outcome: 'http-404', detail: 'There is no item 404.' });
    const errors = server.lines.filter((each) => each.requestId === requestId && each.level === 'error');
    expect(errors).toEqual([]);
  });
});

describe('the context of a call', () => {
  const encoded = (text: string, form: BufferEncoding = 'base64') => Buffer.from(text).toString(form);

  interface Told {
    readonly headers: Readonly<Record<string, string>>;
    readonly caller: { readonly name: string | null; readonly address: string };
  }

  it('has the request’s headers, method, path and caller', async () => {
    const headers = { 'X-One': '1', cookie: 'a=b' };
    const response = await ask('context', { method: 'PUT', headers });
    expect(await response.json()).toMatchObject({
      headers: { 'x-one': '1', cookie: 'a=b' },
      caller: { kind: 'key', name: 'primary', address: '127.0.0.1' },
      method: 'PUT',
      path: '/api/py/context',
      worker: 'routes/api/py/context.py',
      function: 'context',
      frozen: true,
    });
  });

  it('knows no name of a caller without the key', async () => {
    const told = (await (await fetch(`${server.url}/api/py/context`)).json()) as Told;
    expect(told.caller.name).toBeNull();
  });

  it.each([
    ['authorization', `Bearer ${apiKey}`],
    ['authorization', `bearer   ${previousKey}`],
    ...['', 'u', 'us', 'user:'].map((user) => ['authorization', `Basic ${encoded(`${user}${apiKey}`)}`]),
    ['authorization', encoded(apiKey)],
    ['authorization', `Digest of-another, Basic ${encoded(`user:${previousKey}`)}, Bearer x`],
    ['proxy-authorization', `Bearer of-another, Bearer ${apiKey}`],
    ['x-heady-api-key', apiKey],
    ['X-Heady-Api-Key', 'not the key'],
    ['cookie', `a=b; key=${apiKey}`],
    [
      'cookie',
      `key=${[...Buffer.from(apiKey)].map((byte) => `%${byte.toString(16)}`).join('')}; broken=%ff%`,
    ],
    ['cookie', `key=${encodeURIComponent(encoded(`{"key": "${apiKey}?"}`))}`],
    ['x-token', `v1_${encoded(`ÿÿ${apiKey}>>>`, 'base64url')}`],
  ])('never has the service’s key: %s: %s', async (name, value) => {
    const response = await fetch(`${server.url}/api/py/context`, { headers: { [name]: value } });
    const text = await response.text();
    expect(response.status).toBe(200);
    expect(JSON.parse(text).headers).not.toHaveProperty(name.toLowerCase());
    for (const key of [apiKey, previousKey]) expect(text).not.toContain(key);
  });

  it('has other credentials, which are the function’s own matter', async () => {
    const others = {
      authorization: `Basic ${encoded('user:a-key-for-tests-of-another-service')}`,
      cookie: 'session=a-key-for-tests%20',
    };
    const headers = { ...others, 'x-heady-api-key': apiKey };
    const told = (await (await fetch(`${server.url}/api/py/context`, { headers })).json()) as Told;
    expect(told.headers).toMatchObject(others);
  });

  it('is that of the request for a worker over HTTP, and empty for a call by TypeScript', async () => {
    const told = await server.answer<Told & { name: string; path: string }>('refuses/told');
    expect(told).toMatchObject({ name: 'primary', address: '127.0.0.1', path: '/api/workers/refuses/told' });
    expect(told.headers['content-type']).toBe('application/json');
    expect(await (await ask('caught')).json()).toMatchObject({
      told: { name: null, address: '', headers: {}, path: '' },
    });
  });
});
