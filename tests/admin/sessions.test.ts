import { hash, randomBytes } from 'node:crypto';

import { mockEvent } from 'h3';
import { SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import type { Scope } from '../../lib/config/index.ts';
import { Sessions } from '../../lib/sessions/sessions.ts';
import { TestServer } from '../server.ts';
import { cookieOf, logIn } from './session-cookie.ts';

type Config = ConstructorParameters<typeof Sessions>[0]['config'];

const publicUrl = 'https://admin.example.com';
const config: Config = {
  apiKey: 'key',
  publicUrl,
  HEADY_API_KEY_PREVIOUS: undefined,
  HEADY_API_KEYS: undefined,
};
const minute = 60_000;
/** An entry of `HEADY_API_KEYS`, of the key `key-of-NAME`. */
function further(name: string, scope: Scope) {
  return { name, sha256: hash('sha256', `key-of-${name}`), scopes: [scope] };
}

let server: TestServer;
let cookie: string;

beforeAll(async () => {
  server = await TestServer.start({
    root: inject('root'),
    env: { HEADY_API_KEYS: JSON.stringify([further('ops', 'admin'), further('reader', 'read')]) },
  });
  ({ cookie } = cookieOf(await logIn(server)));
});
afterAll(() => server[Symbol.asyncDispose]());

async function status(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<number> {
  const response = await fetch(`${server.url}${path}`, { method, headers: { cookie, ...headers } });
  await response.body?.cancel();
  return response.status;
}

describe('a login', () => {
  it('gives a cookie that no script reads and no other site has sent', async () => {
    const response = await logIn(server);
    expect(response.status).toBe(204);
    const { attributes } = cookieOf(response);
    expect(attributes).toEqual(
      expect.arrayContaining(['httponly', 'samesite=strict', 'path=/', 'max-age=1800']),
    );
    expect(attributes).not.toContain('secure'); // plain http on this machine
  });

  it('gives one for https alone where the page is reached elsewhere', async () => {
    const sessions = new Sessions({ config });
    for (const url of [`${publicUrl}/`, 'http://10.0.0.7/', 'https://localhost/']) {
      const event = mockEvent(url);
      await sessions.begin(event, 'primary');
      expect(event.res.headers.get('set-cookie')).toMatch(/^__Host-heady_session=.*; Secure/);
    }
  });

  it('takes any key that may do all, and says in the log whose session a request is of', async () => {
    const response = await logIn(server, 'key-of-ops');
    expect(response.status).toBe(204);
    const headers = { cookie: cookieOf(response).cookie, 'x-request-id': 'by-session' };
    expect((await fetch(`${server.url}/api/fixtures/silent`, { headers })).status).toBe(200);
    const login = await server.line(({ principal }) => principal === 'key:ops');
    expect(login.path).toBe('/api/admin/session');
    const line = await server.line(
      ({ requestId, message }) => requestId === 'by-session' && message === 'request',
    );
    expect(line.principal).toMatch(/^session:/);
  });

  it.each(['', 'wrong', 'key-of-reader', 'a-key-for-tests-of-thirty-two-chars-or-mor', 'x'.repeat(4000)])(
    'with the wrong key %j is answered as any other',
    async (key) => {
      const [given, other] = await Promise.all([logIn(server, key), logIn(server, 'another')]);
      expect(given.status).toBe(401);
      expect(given.headers.getSetCookie()).toEqual([]);
      const { requestId: _own, ...body } = (await given.json()) as Record<string, unknown>;
      expect(await other.json()).toMatchObject(body);
      expect([...given.headers.keys()]).toEqual([...other.headers.keys()]);
    },
  );
});

describe('a request with the cookie', () => {
  it('is let in', async () => {
    expect(await status('/api/admin/status')).toBe(200);
    expect(await status('/api/fixtures/silent')).toBe(200);
    expect(await status('/api/admin/status', { 'sec-fetch-site': 'none' })).toBe(200);
    expect(await status('/api/admin/status', { 'sec-fetch-site': 'same-origin' })).toBe(200);
  });

  it('is judged by the key where it gives one', async () => {
    expect(await status('/api/admin/status', { authorization: 'Bearer wrong' })).toBe(401);
  });

  it.each(['same-site', 'cross-site'])('from a %s page is refused', async (site) => {
    const headers = { 'sec-fetch-site': site };
    expect(await status('/api/admin/status', headers)).toBe(403);
    expect(await status('/api/workers/everyday/add', { ...headers, origin: server.url }, 'POST')).toBe(403);
  });

  it.each([
    { headers: {}, allowed: false },
    { headers: { 'sec-fetch-site': 'none' }, allowed: false },
    { headers: { origin: 'null' }, allowed: false },
    { headers: { origin: 'chrome-extension://abc' }, allowed: false },
    { headers: { origin: 'https://evil.example' }, allowed: false },
    { headers: { origin: 'http://127.0.0.1:1' }, allowed: false },
    { headers: { origin: 'OWN' }, allowed: true },
    { headers: { 'sec-fetch-site': 'same-origin' }, allowed: true },
  ])('that changes something needs to come from the page: $headers', async ({ headers, allowed }) => {
    const sent = Object.entries(headers).map(([name, value]) => [name, value.replace('OWN', server.url)]);
    const answer = await status('/api/workers/nothing/here', Object.fromEntries(sent), 'POST');
    expect(answer).toBe(allowed ? 404 : 403);
  });

  it('is held to the public address, where there is one', async () => {
    const sessions = new Sessions({ config });
    const { cookie: own } = await begun(sessions);
    const post = (origin: string) =>
      sessions.find(mockEvent(`${publicUrl}/x`, { method: 'POST', headers: { cookie: own, origin } }));
    expect(await post(publicUrl)).toBeDefined();
    await expect(post('http://admin.example.com')).rejects.toMatchObject({ code: 'forbidden' });
  });
});

/** A session at an address that is not of this machine. */
async function begun(sessions: Sessions) {
  const event = mockEvent(`${publicUrl}/api/admin/session`);
  await sessions.begin(event, 'primary');
  const [pair = ''] = (event.res.headers.get('set-cookie') ?? '').split(';');
  return { cookie: pair };
}

/** What comes of a request with a cookie: the session, and the cookie that it sets. */
async function used(sessions: Sessions, sent: string) {
  const event = mockEvent(`${publicUrl}/api/admin/status`, { headers: { cookie: sent } });
  const session = await sessions.find(event);
  return { session, cookie: event.res.headers.get('set-cookie')?.split(';')[0] };
}

describe('a session', () => {
  it('ends when it is not used for half an hour', async () => {
    const clock = { now: 0 };
    const sessions = new Sessions({ config, now: () => clock.now });
    const { cookie: first } = await begun(sessions);
    clock.now = 4 * minute;
    expect(await used(sessions, first)).toMatchObject({ session: {}, cookie: undefined });
    clock.now = 29 * minute;
    const { cookie: second = '', session } = await used(sessions, first);
    expect(second).toMatch(/^__Host-heady_session=/);
    clock.now = 58 * minute;
    expect(await used(sessions, first)).toMatchObject({ session: undefined });
    expect(await used(sessions, second)).toMatchObject({ session: { id: session?.id } });
  });

  it('ends after twelve hours, however it is used', async () => {
    const clock = { now: 0 };
    const sessions = new Sessions({ config, now: () => clock.now });
    let { cookie: last } = await begun(sessions);
    for (; clock.now < 12 * 60 * minute; clock.now += 20 * minute) {
      const { session, cookie: next = last } = await used(sessions, last);
      expect(session).toBeDefined();
      last = next;
    }
    expect(await used(sessions, last)).toMatchObject({ session: undefined });
  });

  it('holds at every instance with the same keys, and ends when one that may begin it is another', async () => {
    const { cookie: own } = await begun(new Sessions({ config }));
    const at = async (other: Partial<Config>) =>
      (await used(new Sessions({ config: { ...config, ...other } }), own)).session?.keyName;
    expect(await at({})).toBe('primary');
    expect(await at({ HEADY_API_KEYS: [further('one', 'read')] })).toBe('primary');
    expect(await at({ apiKey: 'other' })).toBeUndefined();
    expect(await at({ HEADY_API_KEYS: [further('one', 'admin')] })).toBeUndefined();
  });

  it('is over after the logout, for the copy of its cookie too', async () => {
    const { cookie: own } = cookieOf(await logIn(server));
    const headers = { cookie: own, 'sec-fetch-site': 'same-origin' };
    const response = await fetch(`${server.url}/api/admin/session`, { method: 'DELETE', headers });
    expect(response.status).toBe(204);
    expect(response.headers.getSetCookie()[0]).toMatch(/^heady_session=; .*Max-Age=0/);
    expect(await status('/api/admin/status', headers)).toBe(401);
    expect(await status('/api/admin/status')).toBe(200); // another session goes on
  });
});

describe('a cookie that this service has not given', () => {
  const claims = { auth_time: Date.now() / 1000, sub: 'primary' };
  const fill = <T extends SignJWT | UnsecuredJWT>(token: T) =>
    token
      .setIssuer('heady-manager')
      .setAudience('admin')
      .setJti('1')
      .setIssuedAt()
      .setExpirationTime('10m') as T;

  it('lets nobody in', async () => {
    const [name, value = ''] = cookie.split('=');
    const [header, payload = '', signature] = value.split('.');
    const later = Buffer.from(
      Buffer.from(payload, 'base64url')
        .toString()
        .replace(/"exp":\d+/, '"exp":9999999999'),
    ).toString('base64url');
    const forged = {
      tampered: [header, later, signature].join('.'),
      'without signature': [header, payload, ''].join('.'),
      unsecured: fill(new UnsecuredJWT(claims)).encode(),
      'with another secret': await fill(new SignJWT(claims))
        .setProtectedHeader({ alg: 'HS256' })
        .sign(randomBytes(32)),
      'no token': 'x',
      empty: '',
    };
    for (const [what, token] of Object.entries(forged))
      expect(await status('/api/admin/status', { cookie: `${name}=${token}` }), what).toBe(401);
  });
});
