import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { processTree } from '../processes.ts';
import { makeDevProject, type Project, repository } from '../project.ts';
import { apiKey, TestServer, waitFor } from '../server.ts';
import { OpenSocket } from '../server/open-socket.ts';

let project: Project;
let server: TestServer;

beforeAll(async () => {
  project = makeDevProject();
  server = await start({ HEADY_PY_MAX_CONCURRENCY: '4' });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  project[Symbol.dispose]();
});

async function start(env: Readonly<Record<string, string | undefined>>): Promise<TestServer> {
  const python = join(repository, '.venv/bin/python');
  return TestServer.start({ root: project.root, words: ['dev'], env: { HEADY_PYTHON_BIN: python, ...env } });
}

function write(path: string, text: string): void {
  writeFileSync(join(project.root, path), text);
}

/** Saves as many editors do: into another file that then takes the name. */
function save(path: string, text: string): void {
  write(`${path}~`, text);
  renameSync(join(project.root, `${path}~`), join(project.root, path));
}

function remove(path: string): void {
  rmSync(join(project.root, path));
}

/** How long a change may take to have its effect, on a busy machine. */
const patience = { timeout: 10_000, interval: 20 };

/** What a request is answered with, as one text: status and body. */
async function told(answer: Promise<Response>): Promise<string> {
  const response = await answer;
  return `${response.status} ${await response.text()}`;
}

async function route(): Promise<string> {
  return told(server.fetch('/api/added'));
}

async function health(): Promise<string> {
  return told(server.fetch('/api/health'));
}

async function worker(): Promise<string> {
  return told(server.call('added/version'));
}

/** A worker that answers with the number of its version. */
function version(number: number): string {
  return `import time\n\ndef version() -> int:\n    time.sleep(0.02)\n    return ${number}\n`;
}

/** Has a file come, go, come again and go for good within 60 ms, as when one changes a branch there and back. */
async function flicker(path: string, text: string): Promise<void> {
  for (const there of [true, false, true, false]) {
    if (there) write(path, text);
    else remove(path);
    await delay(20);
  }
}

it('builds the admin page anew when its source changes', async () => {
  const style = async () => told(server.fetch('/admin/style.css'));
  expect(await style()).toMatch(/^200 /);
  save('admin/style.css', 'body { color: rebeccapurple; }');
  await expect.poll(style, patience).toBe('200 body { color: rebeccapurple; }');
  write('admin/main.ts', 'document.title = `changed ${1 + 1}`;');
  await expect.poll(async () => told(server.fetch('/admin/main.js')), patience).toContain('document.title');
});

describe('a route', () => {
  it('that is added, changed and deleted is so at once', async () => {
    expect(await route()).toMatch(/^404 /);
    write('routes/api/added.get.ts', 'export default () => ({ version: 1 });');
    await expect.poll(route, patience).toMatch(/^200 .*"version":1/);
    write('routes/api/added.get.ts', 'export default () => ({ version: 2 });');
    await expect.poll(route, patience).toMatch(/^200 .*"version":2/);
    for (const number of [3, 4]) {
      save('routes/api/added.get.ts', `export default () => ({ version: ${number} });`);
      await expect.poll(route, patience).toMatch(new RegExp(`^200 .*"version":${number}`));
    }
    remove('routes/api/added.get.ts');
    await expect.poll(route, patience).toMatch(/^404 .*not-found/);
    await expect.poll(health, patience).toMatch(/^200 .*"ok":true/);
  });

  it('that is added is private, and knows the service', async () => {
    write(
      'routes/api/added.get.ts',
      `import { defineRoute } from '#lib/http';
       export default defineRoute({ handler: (_input, event) => event.context.service.health() });`,
    );
    await expect.poll(route, patience).toMatch(/^200 .*"state":"ready"/);
    expect((await fetch(`${server.url}/api/added`)).status).toBe(401);
    remove('routes/api/added.get.ts');
    await expect.poll(route, patience).toMatch(/^404 .*not-found/);
  });

  it('for WebSockets opens them as it is now', async () => {
    const answer = async () => {
      using socket = await OpenSocket.open(`${server.url}/api/added`, { authorization: `Bearer ${apiKey}` });
      await waitFor(() => socket.received[0]);
      return socket.received[0];
    };
    for (const number of [1, 2]) {
      write(
        'routes/api/added.ts',
        `import { defineWebSocketHandler } from 'nitro';
         export default defineWebSocketHandler({ open: (peer) => peer.send('version ${number}') });`,
      );
      await expect.poll(async () => answer().catch(() => ''), patience).toBe(`version ${number}`);
    }
    remove('routes/api/added.ts');
    await expect.poll(route, patience).toMatch(/^404 .*not-found/);
  });

  it('is in the API description as it is now', async () => {
    const summary = async () => {
      const response = await server.fetch('/openapi.json');
      const { paths } = (await response.json()) as { paths: Record<string, { get: { summary?: string } }> };
      return paths['/api/added']?.get.summary;
    };
    for (const text of ['first', 'second']) {
      write(
        'routes/api/added.get.ts',
        `import { defineRoute } from '#lib/http';
         export default defineRoute({ summary: '${text}', handler: () => '' });`,
      );
      await expect.poll(summary, patience).toBe(text);
    }
    remove('routes/api/added.get.ts');
    await expect.poll(summary, patience).toBeUndefined();
  });

  it('that does not build says where, until it is mended, and the others serve on', async () => {
    const detail = async () =>
      ((await (await server.fetch('/api/added')).json()) as { detail?: string }).detail;
    write('routes/api/added.get.ts', '\nexport default () => ({ version: );');
    await expect
      .poll(detail, patience)
      .toBe('the routes do not build: routes/api/added.get.ts:2:34: Unexpected token');
    expect((await server.fetch('/api/added', { method: 'HEAD' })).status).toBe(500);
    expect(await health()).toMatch(/^200 .*"ok":true/);
    expect((await server.call('process_data/qa', {})).status).toBe(422); // by a route that has not been loaded before
    write('routes/api/beside.get.ts', 'export default () => 1;');
    const beside = async () => told(server.fetch('/api/beside'));
    await expect.poll(beside, patience).toMatch(/^500 .*added\.get\.ts:2:34/);
    await waitFor(() => server.output.includes('the routes do not build: routes/api/added') || undefined);
    expect(server.output).not.toMatch(/rolldown|^ +at /m);
    write('routes/api/added.get.ts', '\nexport default () => ({ version: 3 });');
    await expect.poll(route, patience).toMatch(/^200 .*"version":3/);
    await expect.poll(beside, patience).toBe('200 1');
    remove('routes/api/beside.get.ts');
    await expect.poll(beside, patience).toMatch(/^404 /);
  });

  it.each([
    [
      "import './nowhere.ts';",
      "routes/api/added.get.ts:1:8: Could not resolve './nowhere.ts' in routes/api/added.get.ts",
    ],
    [
      'export const none = 1;',
      'routes/api/added.get.ts: "default" is not exported by "routes/api/added.get.ts".',
    ],
  ])('that does not build is told in a line: %s', async (text, cause) => {
    write('routes/api/added.get.ts', text);
    const detail = async () =>
      ((await (await server.fetch('/api/added')).json()) as { detail?: string }).detail;
    await expect.poll(detail, patience).toBe(`the routes do not build: ${cause}`);
    remove('routes/api/added.get.ts');
    await expect.poll(route, patience).toMatch(/^404 .*not-found/);
  });

  it('that needs what does not build is told so, and so is any other', async () => {
    write('shared.ts', 'export const shared = ;');
    write(
      'routes/api/added.get.ts',
      "import { shared } from '../../shared.ts';\nexport default () => shared;",
    );
    await expect.poll(health, patience).toMatch(/^500 .*shared\.ts:1:23: Unexpected token/);
    remove('routes/api/added.get.ts');
    remove('shared.ts');
    await expect.poll(health, patience).toMatch(/^200 /);
  });

  it('that comes and goes at once is gone', async () => {
    write('routes/api/added.get.ts', 'export default () => ({ version: 5 });');
    await expect.poll(route, patience).toMatch(/^200 .*"version":5/);
    remove('routes/api/added.get.ts');
    await delay(20);
    await flicker('routes/api/added.get.ts', 'export default () => ({ version: 6 });');
    await expect.poll(route, patience).toMatch(/^404 .*not-found/);
  });

  it('that throws says where', async () => {
    write('routes/api/added.get.ts', "\nexport default () => {\n  throw new Error('out of tea');\n};");
    await expect.poll(route, patience).toMatch(/^500 .*out of tea.*routes\/api\/added\.get\.ts:3/);
    remove('routes/api/added.get.ts');
    await expect.poll(route, patience).toMatch(/^404 .*not-found/);
  });
});

describe('a worker', () => {
  it('that is added, changed, broken, mended and deleted is so at once', async () => {
    expect(await worker()).toMatch(/^404 /);
    write('workers/added.py', version(1));
    await expect.poll(worker, patience).toBe('200 1');
    write('workers/added.py', version(2));
    await expect.poll(worker, patience).toBe('200 2');
    write('workers/added.py', 'def version() -> int:\n    return 1 +\n');
    await server.line(({ message }) => message.startsWith('worker added does not load: SyntaxError')); // before anybody calls it
    await expect
      .poll(worker, patience)
      .toMatch(/^503 .*SyntaxError: invalid syntax \(\S*workers\/added\.py, line 2\)/);
    expect((await server.call('process_data/qa', {})).status).toBe(422);
    write('workers/added.py', version(3));
    await expect.poll(worker, patience).toBe('200 3');
    remove('workers/added.py');
    await expect.poll(worker, patience).toMatch(/^404 .*worker-not-found/);
  });

  it('is known to TypeScript as soon as it is saved', async () => {
    const declared = () => {
      const file = join(project.root, '.heady/workers.d.ts');
      return existsSync(file) ? readFileSync(file, 'utf8') : '';
    };
    write('workers/added.py', 'def half(of: int) -> float:\n    return of / 2\n');
    await expect.poll(declared, patience).toMatch(/"half"\(input: .*\n(?:.*\n)*.*of: number/);
    write('workers/added.py', 'def third(of: str) -> float:\n    return 0\n');
    await expect.poll(declared, patience).toMatch(/"third"\(input: .*\n(?:.*\n)*.*of: string/);
    expect(declared()).not.toContain('"half"');
    remove('workers/added.py');
    await expect.poll(declared, patience).not.toContain('"third"');
  });

  it('is followed by its name, however it is saved', async () => {
    write('workers/added.py', version(1));
    await expect.poll(worker, patience).toBe('200 1');
    for (const number of [2, 3]) {
      save('workers/added.py', version(number));
      await expect.poll(worker, patience).toBe(`200 ${number}`);
    }
    remove('workers/added.py');
    await expect.poll(worker, patience).toMatch(/^404 .*worker-not-found/);
    save('workers/added.py', version(4));
    await expect.poll(worker, patience).toBe('200 4');
  });

  it('is what was saved last, of several times in quick succession', async () => {
    for (const number of [5, 6, 7, 8]) {
      write('workers/added.py', version(number));
      await delay(20);
    }
    await expect.poll(worker, patience).toBe('200 8');
    await flicker('workers/added.py', version(9));
    await expect.poll(worker, patience).toMatch(/^404 .*worker-not-found/);
  });

  it('follows a change of a module that it shares, also of one in a folder', async () => {
    mkdirSync(join(project.root, 'workers/_shared'));
    write('workers/_shared/numbers.py', 'NUMBER = 10\n');
    write(
      'workers/added.py',
      'from _shared.numbers import NUMBER\n\ndef version() -> int:\n    return NUMBER\n',
    );
    await expect.poll(worker, patience).toBe('200 10');
    write('workers/_shared/numbers.py', 'NUMBER = 11\n');
    await expect.poll(worker, patience).toBe('200 11');
  });

  it('loses no call while it is edited', async () => {
    write('workers/added.py', version(1));
    await expect.poll(worker, patience).toBe('200 1');
    const answers: string[] = [];
    const caller = async () => {
      for (let count = 0; count < 25; count += 1) answers.push(await worker());
    };
    const callers = Promise.all([1, 2, 3, 4].map(caller));
    for (const number of [2, 3, 4]) {
      await waitFor(() => answers.length > (number - 1) * 15 || undefined);
      save('workers/added.py', version(number));
    }
    await callers;
    expect(answers.length).toBe(100);
    expect(answers.filter((answer) => !/^200 [1-4]$/.test(answer))).toEqual([]);
    await expect.poll(worker, patience).toBe('200 4');
    expect(new Set(answers).size).toBeGreaterThan(1);
  });

  it('leaves no zygote of an earlier version behind', async () => {
    remove('workers/added.py');
    await expect.poll(worker, patience).toMatch(/^404 .*worker-not-found/);
    await server.call('process_data/qa', {});
    const base = processTree(server.pid).find(({ parent }) => parent === server.pid);
    const zygotes = () => processTree(server.pid).filter(({ parent }) => parent === base?.pid).length;
    await expect.poll(zygotes, patience).toBe(1);
  });
});

describe('a .py file under routes/', () => {
  const file = 'routes/api/py/[id].get.py';
  const endpoint = async () => told(server.fetch('/api/py/7'));

  /** An endpoint that answers with its parameter and the number of its version. */
  function versioned(number: number, access = 'private'): string {
    return `import heady\n\n@heady.function(access="${access}")\ndef get(id: int) -> str:\n    return f"{id} {${number}}"\n`;
  }

  function builtAtMs(): number {
    return statSync(join(project.root, '.nitro/dev/index.mjs')).mtimeMs;
  }

  beforeAll(() => mkdirSync(join(project.root, 'routes/api/py')));

  it('that is added, changed, broken, mended and deleted is so at once', async () => {
    expect(await endpoint()).toMatch(/^404 /);
    write(file, versioned(1));
    await expect.poll(endpoint, patience).toBe('200 7 1');
    save(file, versioned(2));
    await expect.poll(endpoint, patience).toBe('200 7 2');
    write(file, 'def get(id: int) -> str:\n    return 1 +\n');
    await server.line(({ message }) => message.startsWith(`worker ${file} does not load: SyntaxError`));
    await expect
      .poll(endpoint, patience)
      .toMatch(/^503 .*SyntaxError.*routes\/api\/py\/\[id\]\.get\.py, line 2/);
    write(file, versioned(3));
    await expect.poll(endpoint, patience).toBe('200 7 3');
    remove(file);
    await expect.poll(endpoint, patience).toMatch(/^404 .*not-found/);
    await expect.poll(health, patience).toMatch(/^200 .*"ok":true/);
  });

  it('that is changed is no matter of the build', async () => {
    write(file, versioned(4));
    await expect.poll(endpoint, patience).toBe('200 7 4');
    await delay(1000); // what the addition has started is over
    const before = builtAtMs();
    write(file, versioned(5));
    await expect.poll(endpoint, patience).toBe('200 7 5');
    await delay(1000);
    expect(builtAtMs()).toBe(before);
  });

  it('says anew who may call it when it is changed', async () => {
    const unknown = async () => told(fetch(`${server.url}/api/py/7`));
    expect(await unknown()).toMatch(/^401 /);
    write(file, versioned(6, 'public'));
    await expect.poll(unknown, patience).toBe('200 7 6');
    write(file, versioned(7));
    await expect.poll(unknown, patience).toMatch(/^401 /);
  });

  it('follows a change of a module that it shares', async () => {
    write('workers/_number.py', 'NUMBER = 20\n');
    write(file, 'from _number import NUMBER\n\ndef get(id: int) -> str:\n    return f"{id} {NUMBER}"\n');
    await expect.poll(endpoint, patience).toBe('200 7 20');
    write('workers/_number.py', 'NUMBER = 21\n');
    await expect.poll(endpoint, patience).toBe('200 7 21');
  });

  it('that is one route with another file is told as what does not build, until one of them goes', async () => {
    write('routes/api/py/[other].get.ts', 'export default () => "typescript";');
    await expect
      .poll(endpoint, patience)
      .toMatch(
        /^500 .*routes\/api\/py\/\[id\]\.get\.py and routes\/api\/py\/\[other\]\.get\.ts are one route: GET \/api\/py\/:id: delete or rename one of the two\."/,
      );
    expect(await health()).toMatch(/^200 /);
    remove('routes/api/py/[other].get.ts');
    await expect.poll(endpoint, patience).toBe('200 7 21');
    remove(file);
    await expect.poll(endpoint, patience).toMatch(/^404 .*not-found/);
  });
});

describe('the first lines', () => {
  let fresh: TestServer;
  beforeAll(async () => {
    fresh = await start({ HEADY_API_KEY: undefined });
    await waitFor(() => fresh.output.includes("-d '{") || undefined);
  });
  afterAll(() => fresh[Symbol.asyncDispose]());

  it('say the address, the key that was made, and that inference is mocked', () => {
    expect(fresh.output).toContain(fresh.url.replace('127.0.0.1', 'localhost'));
    expect(fresh.output).toMatch(/^ +key +heady_\S{32} /m);
    expect(fresh.output).toMatch(/^ +inference +mocked/m);
  });

  it('have a line to try that works as it stands', async () => {
    const [line = ''] = /curl .*\\\n.*'/.exec(fresh.output) ?? [];
    const { stdout } = await execa('sh', ['-c', `${line} --silent --write-out ' %{http_code}'`]);
    expect(stdout).toMatch(/"answer":"Gustave Eiffel".* 200$/s);
  });

  it('have a line for a worker without the service that works as it stands', async () => {
    const [line = ''] = /HEADY_INFERENCE_URL=.*/.exec(fresh.output) ?? [];
    const input = '{"question": "Who built it?", "context": "Gustave Eiffel built it."}';
    const { stdout } = await execa('sh', ['-c', line], { cwd: project.root, input });
    expect(JSON.parse(stdout)).toMatchObject({ answer: 'Gustave Eiffel' });
  });

  it('show the key nowhere else', () => {
    const [, key = ''] = /key +(heady_\S+)/.exec(fresh.output) ?? [];
    expect(fresh.output.split(key).length - 1).toBe(2); // its own line and the curl line
  });
});
