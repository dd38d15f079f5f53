import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { TestServer } from '../server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start({ root: inject('root') });
});
afterAll(() => server[Symbol.asyncDispose]());

describe('a function whose name is beyond ASCII', () => {
  it('is that of a file whose name is beyond ASCII as well', async () => {
    expect(await server.answer('maße/länge', { text: 'abc' })).toBe(3);
  });

  it.each(['größe', 'gro\u0308ße', '\uff47röße', 'gr%C3%B6%C3%9Fe'])('is called as %s', async (name) => {
    expect(await server.answer(`types/${name}`)).toBe('groß');
  });

  it.each(['gr%C3%B6%C3%9F', 'gr%25C3%25B6%25C3%259Fe'])('is not there under another: %s', async (name) => {
    const response = await server.call(`types/${name}`);
    expect([response.status, await response.json()]).toMatchObject([404, { code: 'worker-not-found' }]);
  });

  it.each(['gr%C3', 'gr%', '%zz', '%ff%fe'])('is a bad request as %s', async (name) => {
    expect((await server.call(`types/${name}`)).status).toBe(400);
    expect((await server.call(`${name}/größe`)).status).toBe(400);
  });
});

describe('a query', () => {
  it('is refused, whatever the function takes: arguments go in the body', async () => {
    const response = await server.call('streams/count?to=1&to=2&a%2Fb', { to: 3 });
    expect([response.status, await response.json()]).toMatchObject([
      422,
      {
        code: 'invalid-input',
        detail: expect.stringContaining('go in the body'),
        errors: [
          { pointer: '/query/to', detail: expect.stringContaining("'to' in the body") },
          { pointer: '/query/a~1b', detail: expect.stringContaining("'a/b' in the body") },
        ],
      },
    ]);
  });

  it('that is empty is none', async () => {
    expect((await server.call('types/größe?')).status).toBe(200);
  });
});
