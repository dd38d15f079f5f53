import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { createNitro } from 'nitro/builder';
import { describe, expect, it } from 'vitest';

import { conflicts, routeName } from '../../lib/route-files/index.ts';
import { build, makeProject } from '../project.ts';

describe('the name of a file', () => {
  const names = [
    'index',
    'api/index.get',
    'api/score.post',
    'api/items/[id]',
    'api/items/[id].patch.dev',
    'api/[a].[b].get',
    'api/[user-id]/[na me]',
    'api/files/[...]',
    'api/files/[...rest].put',
    'api/(group)/inside.delete',
    'api/plain.prod',
    'api/getter.got',
    'api/get',
    'api/.get',
    'api/index/index.head',
    'a.b.c.options',
  ];

  it('means to Python what it means to Nitro', async () => {
    const root = mkdtempSync(join(tmpdir(), 'names-'));
    for (const name of names) {
      const file = join(root, 'routes', `${name}.ts`);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, '');
    }
    const nitro = await createNitro({ rootDir: root, serverDir: './', logLevel: 0 });
    const expected = nitro.scannedHandlers.map(({ handler, route, method, env }) => [
      handler,
      route,
      method,
      env,
    ]);
    await nitro.close();
    rmSync(root, { recursive: true });
    const found = names.map((name) => {
      const { route, method, env } = routeName(`routes/${name}.py`);
      return [join(root, 'routes', `${name}.ts`), route, method, env];
    });
    expect(found.toSorted()).toEqual(expected.toSorted());
  });

  it('is one route with another of the same path and method', () => {
    const files = [
      'a.get.ts',
      'a.get.py',
      'b.ts',
      'b.get.py',
      'c/[x].py',
      'c/[y].py',
      'd.py',
      'd/index.py',
      'e.dev.py',
      'e.py',
    ];
    const found = conflicts(files.map((file) => `routes/${file}`));
    const [{ files: first } = { files: [] }] = found;
    expect(first).toEqual(['routes/a.get.ts', 'routes/a.get.py']);
    expect(found.map(({ message }) => message)).toEqual([
      'routes/a.get.ts and routes/a.get.py are one route: GET /a: delete or rename one of the two.',
      'routes/c/[x].py and routes/c/[y].py are one route: ANY METHOD /c/:x: delete or rename one of the two.',
      'routes/d.py and routes/d/index.py are one route: ANY METHOD /d: delete or rename one of the two.',
    ]);
  });

  it('that is one route with another fails the build, which names both', async () => {
    using project = makeProject();
    for (const file of ['twice.get.py', 'twice.get.ts'])
      writeFileSync(join(project.root, 'routes/api', file), '');
    await expect(build(project.root)).rejects.toThrow(
      'routes/api/twice.get.py and routes/api/twice.get.ts are one route: GET /api/twice',
    );
  });
});
