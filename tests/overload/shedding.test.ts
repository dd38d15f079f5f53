import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { TestServer, waitFor } from '../server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start({ root: inject('root'), env: { HEADY_MAX_IN_FLIGHT: '3' } });
});
afterAll(() => server[Symbol.asyncDispose]());

describe('an instance with as much in flight as it may have', () => {
  it('refuses work at once, tells how it is, and takes work again', async () => {
    const held = await Promise.all(Array.from({ length: 3 }, async () => server.fetch('/api/fixtures/held')));
    expect(held.map(({ status }) => status)).toEqual([200, 200, 200]);

    for (const path of ['/api/fixtures/public', '/api/workers', '/nowhere', '/api/healthy']) {
      const refused = await server.fetch(path);
      expect([path, refused.status, await refused.json()]).toMatchObject([path, 503, { code: 'overloaded' }]);
      expect(refused.headers.get('retry-after')).toBe('1');
    }
    const openAi = await server.fetch('/v1/models');
    expect([openAi.status, await openAi.json()]).toMatchObject([503, { error: { code: 'overloaded' } }]);
    for (const path of ['/api/health', '/api/health?x=1', '/metrics'])
      expect([path, (await server.fetch(path)).status]).toEqual([path, 200]);
    for (const path of ['/admin', '/admin/', '/api/admin/status'])
      expect([path, (await server.fetch(path)).status]).not.toEqual([path, 503]);
    expect(await (await server.fetch('/metrics')).text()).toMatch(/refus\w*\{[^}]*overloaded[^}]*\} 5\n/);

    await held[0]?.body?.cancel();
    await waitFor(async () => (await server.fetch('/api/fixtures/public')).ok || undefined);
    await Promise.all(held.slice(1).map(({ body }) => body?.cancel()));
  });
});
