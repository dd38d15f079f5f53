import { join } from 'node:path';

import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { build, makeProject, type Project, repository } from '../project.ts';
import { TestServer } from '../server.ts';

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

interface Operation {
  readonly operationId: string;
  readonly summary?: string;
  readonly description: string;
  readonly security?: readonly object[];
  readonly parameters?: readonly { name: string; in: string; required: boolean; schema: object }[];
  readonly requestBody?: {
    readonly required: boolean;
    readonly content: Readonly<Record<string, { schema: object }>>;
  };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { schema?: object }>> }>
  >;
}

let project: Project;
let server: TestServer;
let document: Document;

beforeAll(async () => {
  project = makeProject(
    join(repository, 'tests/declarations/project'),
    join(repository, 'tests/functions/project'),
    join(repository, 'tests/openapi/project'),
  );
  await build(project.root);
  server = await TestServer.start({ root: project.root });
  document = (await (await server.fetch('/openapi.json')).json()) as Document;
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  project[Symbol.dispose]();
});

function operation(path: string, method = 'post'): Operation {
  const found = document.paths[path]?.[method];
  if (!found) throw new Error(`${method} ${path} is not in ${Object.keys(document.paths).join(', ')}`);
  return found;
}

it('is OpenAPI 3.1, and private', async () => {
  expect(await new Validator().validate({ ...document })).toMatchObject({ valid: true });
  expect((await fetch(`${server.url}/openapi.json`)).status).toBe(401);
});

describe('a function', () => {
  it('is an operation with its documentation, limits and types', () => {
    const { summary, description, requestBody, responses } = operation(
      '/api/workers/typed_things/describe_all',
    );
    expect(summary).toBe('Takes everything.');
    expect(description).toMatch(/^Takes everything\.[^]*Limits: timeout /);
    expect(requestBody).toMatchObject({ required: true, content: { 'application/json': {} } });
    expect(responses).toMatchObject({ default: { $ref: '#/components/responses/Problem' } });
    expect(operation('/api/workers/typed_things/find_answer').requestBody).toMatchObject({ required: false });
  });

  it('has schemas that hold for what it takes', () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    ajv.addSchema({ $id: 'document', components: document.components });
    const body = operation('/api/workers/typed_things/describe_all').requestBody?.content['application/json']
      ?.schema;
    const rooted = JSON.parse(
      JSON.stringify(body).replaceAll('"#/components', '"document#/components'),
    ) as object;
    const validate = ajv.compile(rooted);
    const right = { text: '', named: { name: '' }, point: { x: 1 }, pet: { kind: 'dog', barksAt: 'you' } };
    expect(validate(right)).toBe(true);
    expect(validate({ ...right, pet: { kind: 'dog', barks_at: 'you' } })).toBe(false);
    expect(validate({ ...right, extra: 1 })).toBe(false);
  });

  it('has models of its own, though another has one of the same name', () => {
    const names = Object.keys(document.components.schemas).filter((name) => name.endsWith('Cat'));
    expect(names).toContain('typed_things.describe_all.input.Cat');
    expect(operation('/api/workers/other/describe_all').responses['200']?.content).toMatchObject({
      'application/json': { schema: { properties: { words: { type: 'string' } } } },
    });
  });

  it('may have parameters that are called as keywords are', () => {
    const content = operation('/api/workers/typed_things/keywords').requestBody?.content;
    const cat = { $ref: '#/components/schemas/typed_things.keywords.input.Cat' };
    expect(content?.['application/json']?.schema).toMatchObject({
      properties: {
        mapping: { additionalProperties: { $ref: '#/components/schemas/typed_things.keywords.input.Point' } },
        default: cat,
      },
    });
  });

  it('refers to nothing that is not in the document, also where models are chosen from', () => {
    const told = JSON.stringify(document);
    const names = [...told.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name = '']) => name);
    expect(names.filter((name) => !(name in document.components.schemas))).toEqual([]);
    expect(told).not.toContain('$defs');
    expect(told).toContain('"mapping":{"dog":"#/components/schemas/typed_things.oddities.input.Dog"}');
  });

  it('may have a schema that is made by hand, with less in it than pydantic has', () => {
    const content = operation('/api/workers/typed_things/handmade').requestBody?.content;
    expect(content?.['application/json']?.schema).toMatchObject({
      properties: { value: { discriminator: { propertyName: 'a' } } },
    });
  });

  it('takes bytes in a model as JSON, and no form', () => {
    const { requestBody } = operation('/api/workers/typed_things/seal');
    expect(Object.keys(requestBody?.content ?? {})).toEqual(['application/json']);
  });

  it('takes a form where it takes files, and answers with one or with a stream', () => {
    const { requestBody, responses } = operation('/api/workers/typed_things/limited');
    expect(Object.keys(requestBody?.content ?? {})).toEqual(['multipart/form-data', 'application/json']);
    expect(Object.keys(responses['200']?.content ?? {})).toEqual(['*/*', 'application/json']);
    const stream = operation('/api/workers/typed_things/days').responses['200']?.content ?? {};
    expect(Object.keys(stream)).toEqual(['application/json', 'text/event-stream', 'application/x-ndjson']);
  });

  it('takes keys for files in JSON, and stores what it returns', () => {
    const { requestBody, responses, parameters } = operation('/api/workers/typed_things/limited');
    const json = requestBody?.content['application/json']?.schema ?? {};
    expect(JSON.stringify(json)).not.toContain('binary');
    expect(json).toMatchObject({
      properties: { photo: { type: 'string', description: expect.stringContaining('key of a stored') } },
    });
    const validate = new Ajv2020({ strict: false }).compile(json);
    expect(validate({ photo: 'a.png', others: ['b.png'] })).toBe(true);
    expect(requestBody?.content['multipart/form-data']?.schema).toMatchObject({
      properties: { photo: { format: 'binary' } },
    });
    expect(parameters?.map(({ name, in: where }) => `${where} ${name}`)).toEqual([
      'query store',
      'query durability',
    ]);
    const stored = responses['201']?.content?.['application/json']?.schema as { required: string[] };
    expect(stored.required).toEqual(['key', 'bytes', 'etag', 'type', 'modifiedAt', 'durability', 'metadata']);
    const other = operation('/api/workers/typed_things/seal');
    expect([other.parameters, other.responses['201']]).toEqual([undefined, undefined]);
  });

  it('that cannot be called, or does not load, is not in it', () => {
    const paths = Object.keys(document.paths);
    expect(paths.filter((path) => /no_form|broken/.test(path))).toEqual([]);
  });
});

describe('an endpoint in Python', () => {
  it('has its path, its query and whether it is public', () => {
    const { parameters } = operation('/api/py/items/{id}', 'get');
    expect(parameters?.find(({ name }) => name === 'id')).toMatchObject({ in: 'path', required: true });
    expect(parameters?.filter((each) => each.in === 'query').length).toBeGreaterThan(0);
    const open = Object.values(document.paths)
      .flatMap((each) => Object.values(each))
      .filter(({ security }) => security?.length === 0);
    expect(open.length).toBeGreaterThan(0);
  });
});

describe('several files of one path', () => {
  const methodsOf = (path: string) => Object.keys(document.paths[path] ?? {}).toSorted();

  it('are one path, on which the router chooses: a file for the method, then one for any', async () => {
    expect(methodsOf('/api/doc/two/{id}')).toEqual(['delete', 'get', 'patch', 'post', 'put']);
    expect(operation('/api/doc/two/{id}', 'get').summary).toBe('The one for GET.');
    for (const method of ['put', 'post', 'delete', 'patch'])
      expect(operation('/api/doc/two/{id}', method).summary).toBe('The one for any.');
    const answers = ['GET', 'PUT'].map(async (method) =>
      (await server.fetch('/api/doc/two/7', { method })).text(),
    );
    expect(await Promise.all(answers)).toEqual(['one 7', 'PUT 7']);
  });

  it('name parameters as the first does, and each keeps what is its own', () => {
    const [get, put] = ['get', 'put'].map((method) => operation('/api/doc/two/{id}', method));
    expect(get?.parameters).toEqual([
      expect.objectContaining({ name: 'id', schema: expect.objectContaining({ type: 'integer' }) }),
    ]);
    expect(put?.parameters).toEqual([
      expect.objectContaining({ name: 'id', schema: expect.objectContaining({ type: 'string' }) }),
    ]);
    expect([get?.security, put?.security]).toEqual([undefined, []]);
    expect(put?.requestBody).toBeUndefined();
  });

  it('have a parameter of many segments after that of one, as the router has', async () => {
    expect(operation('/api/doc/files/{id}', 'get').operationId).toContain('[id].get.py');
    expect(operation('/api/doc/files/{id}', 'put')).toMatchObject({
      operationId: expect.stringContaining('[...rest].ts'),
      parameters: [{ name: 'id', in: 'path' }],
    });
    const answers = ['GET', 'PUT'].map(async (method) =>
      (await server.fetch('/api/doc/files/7', { method })).text(),
    );
    expect(await Promise.all(answers)).toEqual(['one 7', 'the rest']);
  });

  it('leave a method out whose own file does not load, as the router takes no other for it', async () => {
    expect((await server.fetch('/api/doc/half')).status).toBe(503);
    expect(methodsOf('/api/doc/half')).toEqual(['delete', 'patch', 'post', 'put']);
  });

  it('and a parameter that is there twice, or a method that OpenAPI has not, leave it valid', () => {
    const names = operation('/api/doc/twice/{id}/{id_2}', 'get').parameters?.map(({ name }) => name);
    expect(names).toEqual(['id', 'id_2']);
    expect(document.paths).not.toHaveProperty(['/api/doc/odd']);
  });
});

describe('a route in TypeScript', () => {
  it('has what it says of itself', () => {
    const { summary, security, parameters, requestBody, responses } = operation('/api/doc/typed_{id}', 'put');
    expect([summary, security]).toEqual(['Keeps a tree.', []]);
    expect(parameters).toMatchObject([
      { name: 'id', in: 'path', required: true, schema: { type: 'integer', description: 'Which.' } },
      { name: 'deep', in: 'query', required: false, schema: { enum: ['yes', 'no'] } },
      { name: 'at', in: 'query', required: true },
    ]);
    expect(responses['200']?.content?.['application/json']?.schema).toMatchObject({
      properties: { kept: { type: 'boolean' } },
    });
    const reference = requestBody?.content['application/json']?.schema as { $ref: string };
    const node = document.components.schemas[reference.$ref.slice('#/components/schemas/'.length)];
    expect(node).toMatchObject({ properties: { children: { items: reference } }, required: ['name'] });
  });

  it('that is a plain handler has its path and method, and is private', () => {
    const { parameters, security, requestBody, responses } = operation('/api/doc/half', 'put');
    expect([parameters, security, requestBody]).toEqual([[], undefined, undefined]);
    expect(Object.keys(responses)).toEqual(['200', 'default']);
  });

  it('that fails as it is loaded is not in it', () => {
    expect(document.paths).not.toHaveProperty(['/api/doc/throws_at_import']);
  });

  it.each([
    ['get', '/api/health', []],
    ['post', '/api/qa', []],
    ['get', '/api/workers', []],
    ['post', '/api/workers/{worker}/{function}', ['worker', 'function', 'store', 'durability']],
    ['get', '/openapi.json', []],
  ])('of the service itself has a summary and its parameters: %s %s', (method, path, names) => {
    const { summary, parameters } = operation(path, method);
    expect(summary).toMatch(/\.$/);
    expect(parameters?.map(({ name }) => name)).toEqual(names);
  });

  it('that is public says so', () => {
    expect(operation('/api/health', 'get').security).toEqual([]);
    expect(operation('/api/qa')).not.toHaveProperty('security');
  });
});
