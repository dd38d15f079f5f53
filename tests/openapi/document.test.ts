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
    expect(Object.keys(requestBody?.content ?? {})).toEqual(['multipart/form-data']);
    expect(Object.keys(responses['200']?.content ?? {})).toEqual(['*/*']);
    const stream = operation('/api/workers/typed_things/days').responses['200']?.content ?? {};
    expect(Object.keys(stream)).toEqual(['application/json', 'text/event-stream', 'application/x-ndjson']);
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
