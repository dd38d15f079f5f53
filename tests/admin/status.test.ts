import { EventSourceParserStream } from 'eventsource-parser/stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { AdminStatus, InvocationStatus } from '#lib/admin';

import type { Project } from '../project.ts';
import { apiKey, TestServer, waitFor } from '../server.ts';
import { shownProject } from './project.ts';
import { cookieOf, logIn } from './session-cookie.ts';

const secrets = {
  HEADY_API_KEY: apiKey,
  HEADY_API_KEY_PREVIOUS: 'secret-of-the-key-before-this-one-0123',
  HF_TOKEN: 'hf_secretOfHuggingFace0123456789',
  REMOTE_GPU_API_KEY: 'secret-of-the-gpu-0123456789',
  SHOWN_SECRET: 'secret-of-a-function-0123456789',
};
const env = {
  ...secrets,
  HEADY_HF_MOCK: '1',
  HF_TEXT_MODEL: `private/${secrets.REMOTE_GPU_API_KEY}`,
  HEADY_LOG_LEVEL: 'debug',
  RENDER_GIT_COMMIT: '0123456789abcdef0123456789abcdef01234567',
};

let project: Project;
let server: TestServer;

beforeAll(async () => {
  project = shownProject();
  server = await TestServer.start({ root: project.root, env });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  project[Symbol.dispose]();
});

async function status(): Promise<AdminStatus> {
  const response = await server.fetch('/api/admin/status');
  expect(response.status).toBe(200);
  expect(response.headers.get('cache-control')).toBe('no-store');
  return (await response.json()) as AdminStatus;
}

/** Once the workers are known. */
async function fullStatus(): Promise<AdminStatus> {
  return waitFor(async () => {
    const found = await status();
    return found.workers ? found : undefined;
  }, 30_000);
}

/** Once such an invocation is recorded, which is when its process has ended. */
async function statusWith(fits: (invocation: InvocationStatus) => boolean): Promise<AdminStatus> {
  return waitFor(async () => {
    const found = await status();
    return found.invocations.some(fits) ? found : undefined;
  });
}

interface Read {
  readonly event: string | undefined;
  readonly data: string;
}

/** Opens the stream, and gives its events. */
async function* events(from: TestServer, headers: Record<string, string> = {}): AsyncGenerator<Read> {
  const response = await from.fetch('/api/admin/events', { headers });
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  const parsed = response.body
    ?.pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream());
  for await (const { event, data } of parsed ?? []) yield { event, data };
}

describe('the status', () => {
  it('tells of the version, its commit, memory and Python', async () => {
    expect(await status()).toMatchObject({
      health: { service: 'heady-manager', checks: { python: { ok: true }, inference: { backend: 'mock' } } },
      commit: env.RENDER_GIT_COMMIT,
      memory: { limitBytes: expect.any(Number), serverBytes: expect.any(Number) },
      python: { running: 0, slots: 2, queued: 0, maxQueue: 64 },
      requests: { inFlight: 1, max: 2000 },
      keys: [
        { name: 'primary', lastUsedAt: expect.any(String) },
        { name: 'previous', requests: 0, lastUsedAt: null },
      ],
      storage: { durability: 'ephemeral', place: null, remark: expect.stringContaining('HEADY_DATA_DIR') },
    });
  });

  it('tells of each function with its limits, and of a file that has none', async () => {
    const { workers } = await fullStatus();
    const shown = workers?.find(({ name }) => name === 'shown');
    expect(shown).toMatchObject({
      functions: expect.arrayContaining([
        expect.objectContaining({
          name: 'add',
          description: 'Adds two numbers.',
          streams: false,
          limits: expect.objectContaining({ timeoutMs: 5000, memoryBytes: 64 * 1024 ** 2 }),
        }),
        expect.objectContaining({ name: 'counts', streams: true }),
      ]),
    });
    expect(workers?.find(({ name }) => name === 'broken')).toMatchObject({
      error: expect.stringContaining('no_such_module'),
    });
  });

  it('tells of the last twenty invocations, with how they ended', async () => {
    for (let call = 0; call < 21; call += 1) await server.answer('shown/add', { a: call });
    await server.call('shown/fails', { message: 'the newest' });
    const { invocations } = await statusWith(({ detail = '' }) => detail.includes('the newest'));
    expect(invocations).toHaveLength(20);
    expect(invocations).toContainEqual(
      expect.objectContaining({ worker: 'shown', function: 'fails', outcome: 'worker-error' }),
    );
    expect(invocations).toContainEqual(expect.objectContaining({ function: 'add', outcome: 'ok' }));
  });

  it('tells of every variable where its value comes from', async () => {
    const { configuration } = await status();
    const found = new Map(configuration.map((setting) => [setting.name, setting]));
    expect(found.get('HEADY_LOG_LEVEL')).toMatchObject({ value: 'debug', source: 'set' });
    expect(found.get('HEADY_PY_TIMEOUT')).toMatchObject({ value: '90s', source: 'default' });
    expect(found.get('HEADY_TRUST_PROXY')).toMatchObject({ value: '0', source: 'computed' });
    expect(found.get('HEADY_API_KEY')).toMatchObject({ value: 'set', source: 'set', fingerprint: '001c' });
    expect(found.get('DATABASE_URL')).toMatchObject({ value: 'not set', source: 'default' });
  });

  it('holds no secret, not even one that a function or another variable tells', async () => {
    await server.call('shown/tells');
    await fullStatus();
    const text = JSON.stringify(await statusWith(({ function: name }) => name === 'tells'));
    expect(text).toContain('[SHOWN_SECRET]');
    expect(text).toContain('private/[REMOTE_GPU_API_KEY]');
    for (const value of Object.values(secrets)) expect(text).not.toContain(value);
  });
});

describe('the events', () => {
  it('are the status, again and again', async () => {
    const stream = events(server);
    const first = await stream.next();
    await server.call('shown/fails', { message: 'seen in the stream' });
    for (let next = first; !next.value?.data.includes('seen in the stream'); next = await stream.next())
      expect(JSON.parse(next.value?.data ?? '')).toMatchObject({ health: { service: 'heady-manager' } });
    await stream.return(undefined);
  });

  it('end with the session', async () => {
    const { cookie } = cookieOf(await logIn(server));
    const stream = events(server, { cookie, authorization: '' });
    await stream.next();
    await fetch(`${server.url}/api/admin/session`, {
      method: 'DELETE',
      headers: { cookie, origin: server.url },
    });
    let last: Read | undefined;
    for await (last of stream);
    expect(last).toEqual({ event: 'end', data: '{}' });
  });

  it('are for those who are let in', async () => {
    expect((await fetch(`${server.url}/api/admin/events`)).status).toBe(401);
  });

  it('do not hold up a shutdown, and say that there is one', async () => {
    const other = await TestServer.start({ root: project.root, env });
    const streams = Array.from({ length: 10 }, () => events(other));
    await Promise.all(streams.map((stream) => stream.next()));
    other.process.kill('SIGTERM');
    const ends = await Promise.all(
      streams.map(async (stream) => {
        let last: Read | undefined;
        for await (last of stream);
        return last;
      }),
    );
    expect(new Set(ends.map((end) => JSON.stringify(end)))).toEqual(
      new Set(['{"event":"shutting-down","data":"{}"}']),
    );
    expect((await other.process).exitCode).toBe(0);
    expect(other.lines.some(({ message }) => message.includes('requests still run'))).toBe(false);
  });
});
