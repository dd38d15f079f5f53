import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { type Scope, scopes } from '../../lib/config/index.ts';
import { endpointOf, routeFiles } from '../http/endpoints.ts';
import { repository } from '../project.ts';
import { TestServer } from '../server.ts';

/** Whom each endpoint of this project is for: the holders of a key with this scope, or everybody. */
const opened: Readonly<Record<string, Scope | 'public'>> = {
  'DELETE /api/admin/session': 'admin',
  'DELETE /api/files/key': 'files',
  'DELETE /api/uploads/id': 'files',
  'GET /admin': 'public',
  'GET /admin/asset': 'public',
  'GET /api/admin/events': 'admin',
  'GET /api/admin/status': 'admin',
  'GET /api/files': 'files',
  'GET /api/files/key': 'files',
  'GET /api/health': 'public',
  'GET /api/workers': 'read',
  'GET /metrics': 'read',
  'GET /openapi.json': 'read',
  'GET /v1/models': 'inference',
  'GET /v1/models/id': 'inference',
  'HEAD /api/uploads/id': 'files',
  'OPTIONS /api/uploads': 'files',
  'OPTIONS /api/uploads/id': 'files',
  'PATCH /api/uploads/id': 'files',
  'POST /api/admin/session': 'public',
  'POST /api/files/key': 'files',
  'POST /api/hf/embed': 'inference',
  'POST /api/hf/generate': 'inference',
  'POST /api/hf/infer': 'inference',
  'POST /api/links': 'files',
  'POST /api/qa': 'invoke',
  'POST /api/uploads': 'files',
  'POST /api/uploads/id': 'files',
  'POST /api/workers/worker/function': 'invoke',
  'POST /v1/chat/completions': 'inference',
  'POST /v1/completions': 'inference',
  'POST /v1/embeddings': 'inference',
  'PUT /api/files/key': 'files',
};

const keys = Object.fromEntries(scopes.map((scope) => [scope, `key-for-${scope}`])) as Record<Scope, string>;
let server: TestServer;

beforeAll(async () => {
  const entries = scopes.map((scope) => ({
    name: scope,
    sha256: hash('sha256', keys[scope]),
    scopes: [scope],
  }));
  server = await TestServer.start({
    root: inject('root'),
    env: { HEADY_API_KEYS: JSON.stringify(entries) },
  });
});
afterAll(() => server[Symbol.asyncDispose]());

async function ask(endpoint: string, key?: string): Promise<Response> {
  const [method = '', path = ''] = endpoint.split(' ');
  const headers: Record<string, string> = key === undefined ? {} : { authorization: `Bearer ${key}` };
  return fetch(`${server.url}${path}`, { method, headers });
}

describe('the routes', () => {
  it('are each for somebody who is named here', () => {
    expect(routeFiles.map(endpointOf).toSorted()).toEqual(Object.keys(opened).toSorted());
  });

  it.each(routeFiles)('%s is public only where it says so', async (file) => {
    const { status } = await ask(endpointOf(file));
    const saysSo = readFileSync(join(repository, 'routes', file), 'utf8').includes("access: 'public'");
    expect([file, status !== 401]).toEqual([file, saysSo]);
  });
});

describe('a key', () => {
  it.each(scopes)(
    'for %s opens what that is for, and nothing else',
    async (scope) => {
      for (const [endpoint, needed] of Object.entries(opened)) {
        const response = await ask(endpoint, keys[scope]);
        const isLetIn = [scope, 'public'].includes(needed) || scope === 'admin';
        expect([endpoint, response.status === 403]).toEqual([endpoint, !isLetIn]);
        expect(response.status).not.toBe(401);
        const text = isLetIn ? '' : await response.text(); // what is let in may have no end
        if (isLetIn) await response.body?.cancel();
        if (!isLetIn && !endpoint.startsWith('HEAD')) expect(text).toContain(`the scope '${needed}'`);
      }
    },
    120_000,
  ); // the list of workers loads all of them

  it('that is for several opens each, and says in a refusal what is needed', async () => {
    const response = await ask('GET /api/workers', keys.invoke);
    expect([response.status, await response.json()]).toMatchObject([
      403,
      { code: 'forbidden', detail: "This endpoint needs the scope 'read', which key:invoke does not have." },
    ]);
    const openAi = await ask('GET /v1/models', keys.files);
    expect([openAi.status, await openAi.json()]).toMatchObject([403, { error: { code: 'forbidden' } }]);
  });

  it('that is not for files neither reads nor stores any by a function', async () => {
    await server.fetch('/api/files/tea.txt', { method: 'PUT', body: 'green' });
    const call = async (path: string, input: object, key: string) =>
      server.call(path, input, {
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      });
    const made = { name: 'a.txt', text: 'tea' };
    expect((await call('files/digest', { file: 'tea.txt' }, keys.admin)).status).toBe(200);
    expect((await call('files/made?store=a.txt', made, keys.admin)).status).toBe(201);
    const read = await call('files/digest', { file: 'tea.txt' }, keys.invoke);
    expect([read.status, await read.json()]).toMatchObject([422, { code: 'invalid-input' }]);
    const stored = await call('files/made?store=b.txt', made, keys.invoke);
    expect([stored.status, await stored.json()]).toMatchObject([
      403,
      { code: 'forbidden', detail: expect.stringContaining("'files'") },
    ]);
    expect((await server.fetch('/api/files/b.txt')).status).toBe(404);
    expect((await call('files/made', made, keys.invoke)).status).toBe(200);
  });
});
