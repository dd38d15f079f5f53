import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { endpointOf, routeFiles } from '../http/endpoints.ts';
import { RawConnection } from '../http/raw-connection.ts';
import { type Answered, ask } from '../http/request.ts';
import { ScriptedBackend } from '../inference/scripted-backend.ts';
import { TestServer } from '../server.ts';
import { found, foundBelow, scopedKey, secrets, valueOf } from './marks.ts';

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'];
const own = [
  '/api/fixtures/leaks?how=error',
  '/api/fixtures/leaks?how=http',
  '/api/fixtures/leaks?how=problem',
];
const leaky = ['raises', 'refuses', 'says', 'breaks_off', 'exits'];
const paths = [...new Set(routeFiles.map((file) => endpointOf(file).split(' ')[1] ?? ''))];

/** Whose own data is kept, and so may say what it likes. */
const keeps = (path: string) => path.startsWith('/api/files/') || path.startsWith('/api/uploads');

/** Bodies that are good for some endpoint. */
const good = [
  '{}',
  '{"question":"Who?","context":"Bob built it."}',
  '{"prompt":"Hello"}',
  '{"inputs":"Hello","task":"text-classification"}',
  '{"texts":["Hello"]}',
  '{"model":"a","messages":[{"role":"user","content":"Hello"}]}',
  '{"model":"a","messages":[{"role":"user","content":"Hello"}],"stream":true}',
  '{"model":"a","input":"Hello"}',
  '{"model":"a","prompt":"Hello","stream":true}',
  '{"key":"tea.txt"}',
];

/** Bodies that say a secret where something else is expected. */
function bad(secret: string): string[] {
  const quoted = JSON.stringify(secret);
  return [
    secret,
    `{"${secret}`,
    quoted,
    `[${quoted}]`,
    `{${quoted}:${quoted}}`,
    `{"key":${quoted},"model":${quoted},"task":${quoted},"expiresIn":${quoted},"messages":${quoted},"texts":${quoted},"prompt":7}`,
    `{"model":${quoted},"messages":[{"role":${quoted},"content":7}]}`,
    `{"model":${quoted},"messages":[{"role":"user","content":"Hello"}]}`,
    `{"model":${quoted},"input":"Hello"}`,
  ];
}

/** Fields in which a key has no business. */
function misplaced(secret: string): Record<string, string>[] {
  return [
    ...(/^[\w-]+$/.test(secret) ? misplacedToken(secret) : []),
    {
      'x-request-id': secret,
      'cf-ray': secret,
      'user-agent': secret,
      referer: secret,
      cookie: `a=${secret}`,
    },
    { 'x-forwarded-for': secret, origin: secret },
    { accept: secret, 'accept-encoding': secret, range: secret, 'if-match': secret, 'if-none-match': secret },
    { 'content-type': secret },
    { authorization: `Basic ${Buffer.from(`key:${secret}`).toString('base64')}` },
    { authorization: `Digest ${secret}` },
    {
      'tus-resumable': secret,
      'upload-length': secret,
      'upload-offset': secret,
      'x-http-method-override': secret,
    },
    { 'content-digest': secret, 'want-repr-digest': secret, 'last-event-id': secret },
  ];
}

/** Where only letters and digits may be. */
function misplacedToken(token: string): Record<string, string>[] {
  return [
    { [`x-${token}`]: '1', [token]: token },
    { origin: `https://${token}.example.com`, 'access-control-request-method': token },
    { 'content-type': `multipart/form-data; boundary=${token}` },
    { 'content-type': `application/${token}; charset=${token}`, accept: `text/${token}` },
  ];
}

/** A service in production of which every secret is marked; keeps all that it says and writes. */
class Suspect implements AsyncDisposable {
  readonly directory: string;
  readonly server: TestServer;
  answers = 0;
  readonly leaks: string[] = [];

  private constructor(directory: string, server: TestServer) {
    this.directory = directory;
    this.server = server;
  }

  static async start(env: Readonly<Record<string, string | undefined>>): Promise<Suspect> {
    const directory = mkdtempSync(join(tmpdir(), 'hygiene-'));
    for (const name of ['data', 'tmp']) mkdirSync(join(directory, name));
    const server = await TestServer.start({
      root: inject('root'),
      env: {
        ...Object.fromEntries([...secrets].map(([name, { value }]) => [name, value])),
        NODE_ENV: 'production',
        HEADY_LOG_LEVEL: 'debug',
        HEADY_DATA_DIR: join(directory, 'data'),
        TMPDIR: join(directory, 'tmp'),
        GITHUB_APP_ID: '1',
        HEADY_CORS_ORIGINS: 'https://app.example.org',
        ...env,
      },
    });
    return new Suspect(directory, server);
  }

  /** Sends a request with the key where it belongs, if nothing else is said, and looks at all that is answered. */
  async ask(path: string, asked: NonNullable<Parameters<typeof ask>[1]> = {}): Promise<Answered> {
    const headers = {
      authorization: `Bearer ${valueOf('HEADY_API_KEY')}`,
      'content-type': 'application/json',
      ...asked.headers,
    };
    const answered = await ask(this.server.url + path, {
      ...asked,
      headers,
      first: path.startsWith('/api/admin/events'),
    });
    this.answers += 1;
    const leaked = found(JSON.stringify(answered.headers) + answered.body);
    if (leaked.length > 0) this.leaks.push(`${leaked} by ${asked.method} ${path}: ${answered.body}`);
    return answered;
  }

  /** Asks for all there is, well and badly. */
  async drive(): Promise<void> {
    await this.ask('/api/files/tea.txt', { method: 'PUT', body: 'green' });
    for (const path of paths) {
      for (const method of methods) await this.ask(path, { method });
      for (const body of good) await this.ask(path, { method: 'POST', body });
    }
    for (const path of own) await this.ask(path);
    for (const name of leaky)
      for (const accept of ['application/json', 'application/x-ndjson', 'text/event-stream'])
        await this.ask(`/api/workers/leaky/${name}`, { method: 'POST', headers: { accept }, body: '{}' });
  }

  /** Says a secret in all places of a request in which it is a mistake. */
  async misplace(secret: string): Promise<void> {
    const encoded = encodeURIComponent(secret);
    const inUrl = encodeURI(secret);
    const inPath = [
      `/${encoded}`,
      `/${inUrl}`,
      `/api/${encoded}/${encoded}`,
      `/api/workers/${encoded}/${encoded}`,
    ];
    for (const path of [
      ...inPath,
      `/v1/models/${encoded}`,
      `/api/files/${encoded}`,
      `/api/uploads/${encoded}`,
    ])
      for (const method of ['GET', 'HEAD', 'DELETE', 'OPTIONS', 'PROPFIND']) await this.ask(path, { method });
    for (const path of inPath) await this.ask(path, { method: 'POST', body: '{}' });
    for (const name of leaky)
      await this.ask(`/api/workers/leaky/${name}`, {
        method: 'POST',
        body: JSON.stringify({ said: secret }),
      });
    for (const path of paths) {
      await this.ask(
        `${path}?key=${encoded}&${encoded}=1&store=${encoded}&durability=${encoded}&signature=${encoded}`,
      );
      await this.ask(`${path}?${inUrl}`, { method: 'DELETE' });
      for (const headers of misplaced(secret)) await this.ask(path, { headers });
      if (keeps(path)) continue;
      for (const headers of misplaced(secret)) await this.ask(path, { method: 'POST', headers, body: '{}' });
      for (const body of bad(secret)) await this.ask(path, { method: 'POST', body });
    }
    await this.sendNoHttp(secret);
  }

  async sendNoHttp(secret: string): Promise<void> {
    for (const line of [
      secret,
      `GET ${secret} HTTP/1.1`,
      `${secret} / HTTP/1.1`,
      `GET / ${secret}`,
      `GET / HTTP/1.1\r\n${secret}`,
    ]) {
      using connection = await RawConnection.open(this.server.url);
      connection.send(line, 'connection: close', '', '');
      await connection.end(10_000);
      this.leaks.push(...found(connection.received).map((name) => `${name} by ${line}`));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Of what was said to it and what it wrote, nothing is a secret. */
async function expectClean(suspect: Suspect): Promise<void> {
  const { server, directory } = suspect;
  expect(suspect.leaks.slice(0, 5)).toEqual([]);
  expect(linesFound(server)).toEqual([]);
  expect(foundBelow(directory)).toEqual([]); // as it runs
  server.process.kill('SIGTERM');
  await server.process;
  expect(linesFound(server)).toEqual([]);
  expect(foundBelow(directory)).toEqual([]);
}

/** The first lines of its output that have a secret in them. */
function linesFound({ output }: TestServer): string[] {
  return output
    .split('\n')
    .filter((line) => found(line).length > 0)
    .slice(0, 5);
}

describe('the search', () => {
  it('finds every secret in every form', () => {
    for (const [name, { value }] of secrets) {
      const bytes = Buffer.from(`x ${value}`);
      const texts = [
        value,
        JSON.stringify({ [value]: 1 }),
        encodeURIComponent(value),
        value.toUpperCase(),
        [...value].toReversed().join(''),
        bytes.toString('base64'),
        bytes.subarray(1).toString('base64url'),
        bytes.toString('hex'),
        Buffer.from(bytes.toReversed()).toString('hex'),
      ];
      for (const text of texts) expect(found(`a ${text} b`)).toEqual([name]);
    }
    expect(found(`/api/${scopedKey}`)).toEqual(['a scoped key']);
    expect(found('nothing')).toEqual([]);
  });
});

describe('a service that answers from its mock', () => {
  let suspect: Suspect;
  const bucket = { S3_ACCESS_KEY_ID: undefined, S3_SECRET_ACCESS_KEY: undefined };
  beforeAll(async () => {
    suspect = await Suspect.start({ HEADY_HF_MOCK: '1', ...bucket });
  });
  afterAll(() => suspect[Symbol.asyncDispose]());

  it('tells no secret, whatever it is asked, nor writes one', { timeout: 240_000 }, async () => {
    await suspect.drive();
    for (const secret of [valueOf('HEADY_API_KEY'), valueOf('HEADY_API_KEY_PREVIOUS'), scopedKey])
      await suspect.misplace(secret);
    expect(suspect.answers).toBeGreaterThan(1000);
    const { lines, output } = suspect.server;
    expect(output).toContain('[LEAKY_KEY]');
    expect(lines.filter(({ path }) => String(path).includes('[HEADY_API_KEY]')).length).toBeGreaterThan(10);
    expect(readdirSync(join(suspect.directory, 'data/logs'))).toContain('service.log');
    await expectClean(suspect);
  });
});

describe('a service whose backends repeat all that they are sent', () => {
  let suspect: Suspect;
  let backend: ScriptedBackend;
  let status = 500;
  beforeAll(async () => {
    backend = await ScriptedBackend.start(({ headers, body }, response) => {
      response.writeHead(status, {
        'content-type': 'application/json',
        'x-said': headers.authorization ?? '',
      });
      response.end(JSON.stringify({ error: { message: JSON.stringify({ headers, body }) } }));
    });
    suspect = await Suspect.start({
      HEADY_HF_URL: backend.url,
      REMOTE_GPU_URL: backend.url,
      S3_BUCKET: 'bucket',
      S3_REGION: 'here',
      S3_ENDPOINT: backend.url,
    });
  });
  afterAll(async () => {
    await suspect[Symbol.asyncDispose]();
    backend[Symbol.dispose]();
  });

  it('tells no secret, nor writes one', { timeout: 240_000 }, async () => {
    for (const answered of [401, 400, 403, 404]) {
      status = answered;
      for (const path of paths) {
        await suspect.ask(path);
        for (const body of good) await suspect.ask(path, { method: 'POST', body });
      }
    }
    expect(JSON.stringify(backend.asked.map(({ headers }) => headers))).toContain(
      JSON.stringify(valueOf('HF_TOKEN')).slice(1, -1),
    );
    await expectClean(suspect);
  });
});
