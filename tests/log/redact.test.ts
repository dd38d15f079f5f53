import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { Redactor } from '../../lib/log/redact.ts';
import { apiKey, TestServer } from '../server.ts';

const pem = [
  '-----BEGIN PRIVATE KEY-----',
  'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ',
  'C7VJTUt9Us8cKjMzEfYyjiWA4R4/M2bS1GB4t7NXp98C3SC6dV',
  '-----END PRIVATE KEY-----',
].join('\n');

function redact(secrets: Readonly<Record<string, string>>, text: string): string {
  return new Redactor(new Map(Object.entries(secrets))).mask(text);
}

describe('a secret in a text', () => {
  it('is masked by its name wherever it stands', () => {
    expect(redact({ HF_TOKEN: 'hf_abcdef' }, 'a=hf_abcdef,b=xhf_abcdefx')).toBe(
      'a=[HF_TOKEN],b=x[HF_TOKEN]x',
    );
  });

  it('is masked as JSON escapes it', () => {
    const value = 'quo"te\\back\tß';
    const masked = redact({ DATABASE_URL: value }, JSON.stringify({ url: value }));
    expect(JSON.parse(masked)).toEqual({ url: '[DATABASE_URL]' });
  });

  it('is masked as a URL encodes it', () => {
    const url = `https://x/?key=${encodeURIComponent('p@ss/w&rd')}`;
    expect(redact({ DATABASE_URL: 'p@ss/w&rd' }, url)).toBe('https://x/?key=[DATABASE_URL]');
    for (const spelling of ['p@ss%2fw&rd', 'p%40ss/w&rd', 'p@ss/w%26rd'])
      expect(redact({ DATABASE_URL: 'p@ss/w&rd' }, spelling)).toBe('[DATABASE_URL]');
  });

  it('is masked as Python and JSON quote it, in one another too', () => {
    const value = String.raw`a"b\c'd` + '\nß';
    const json = JSON.stringify(value);
    const python = String.raw`'a"b\\c\'d\nß'`;
    for (const text of [
      json,
      JSON.stringify({ json }),
      python,
      JSON.stringify(python),
      String.raw`a"b\\c'd\n\u00df`,
    ]) {
      const masked = redact({ DATABASE_URL: value }, text);
      expect(masked).toContain('[DATABASE_URL]');
      expect(masked).not.toMatch(/[a-d]["'\\]/);
    }
  });

  it.each(['/ab+cdef', String.raw`\abcdef`, String.raw`"abcdef`, String.raw`ab\\\"cdef`])(
    'that is %s is masked behind backslashes, and looked for in many of them at once',
    (value) => {
      const json = JSON.stringify(`C:\\${value}`);
      expect(redact({ DATABASE_URL: value }, json)).toMatch(/^"C:\\*\[DATABASE_URL\]"$/);
      const many = `ab${'\\'.repeat(200_000)}`;
      expect(redact({ DATABASE_URL: value }, many)).toBe(many);
    },
  );

  it('is masked line by line when it is a PEM', () => {
    const [, first, second] = pem.split('\n');
    const masked = redact({ GITHUB_APP_PRIVATE_KEY: pem }, `log: ${second}\nlog: ${first}`);
    expect(masked).toBe('log: [GITHUB_APP_PRIVATE_KEY]\nlog: [GITHUB_APP_PRIVATE_KEY]');
    expect(redact({ GITHUB_APP_PRIVATE_KEY: pem }, JSON.stringify({ pem }))).toBe(
      '{"pem":"[GITHUB_APP_PRIVATE_KEY]"}',
    );
  });

  it('is masked whole when another secret is a part of it', () => {
    const secrets = { S3_ACCESS_KEY_ID: 'secret', DATABASE_URL: 'postgres://me:secret@db' };
    expect(redact(secrets, 'to postgres://me:secret@db as secret')).toBe(
      'to [DATABASE_URL] as [S3_ACCESS_KEY_ID]',
    );
  });

  it('is masked from when it joins', () => {
    const redactor = new Redactor(new Map());
    expect(redactor.finds('a=own-secret')).toBe(false);
    redactor.add('OWN', 'own-secret');
    expect([redactor.finds('a=own-secret'), redactor.mask('a=own-secret')]).toEqual([true, 'a=[OWN]']);
  });

  it('is masked when it looks like a key that the service has only the hash of', () => {
    const key = `heady_${'aB3-_'.repeat(8)}xyz`;
    expect(redact({}, `/api/${key}?x`)).toBe('/api/[a key]?x');
    expect(redact({}, 'heady_manager_is_no_key')).toBe('heady_manager_is_no_key');
  });

  it('is left alone when it is too short to be one', () => {
    expect(redact({ HEADY_API_KEY: 'is' }, 'this is it')).toBe('this is it');
  });
});

describe('a text that breaks off', () => {
  const redactor = new Redactor(new Map([['HF_TOKEN', 'hf_abcdef']]));

  it('shows nothing of the secret that it breaks off in', () => {
    expect(redactor.maskBrokenOff('hf_abcdef and hf_abc')).toBe('[HF_TOKEN] and ');
    expect(redactor.maskBrokenOff('no secret')).toBe('no secret');
  });
});

describe('the log of a service', () => {
  const token = 'hf_"quoted"\\token-of-the-tests';
  let server: TestServer;

  beforeAll(async () => {
    server = await TestServer.start({
      root: inject('root'),
      env: { HF_TOKEN: token, HEADY_HF_MOCK: '1' },
    });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  it('masks what a worker prints, and every line stays JSON', async () => {
    const response = await server.call('hostile/log_both', { text: `key ${apiKey} token ${token} end` });
    const requestId = response.headers.get('x-request-id');
    const line = await server.line(({ requestId: id, stream }) => id === requestId && stream === 'stdout');
    expect(line.message).toBe('key [HEADY_API_KEY] token [HF_TOKEN] end');
  });

  it.each([
    ['a record', 15_990],
    ['a printed line', 15_980],
  ])('masks them where %s is cut', async (_, before) => {
    const text = `${'x'.repeat(before)}${token}${'y'.repeat(100_000)}`;
    const response = await server.call('says/both', { text });
    const requestId = response.headers.get('x-request-id');
    const lines = await Promise.all(
      ['stdout', 'stderr'].map((name) =>
        server.line(({ requestId: id, stream }) => id === requestId && stream === name),
      ),
    );
    for (const { message } of lines) {
      expect(message).toMatch(/^x{15000,}(?:\[HF_TOKEN\]y*|\[HF_T?O?K?E?)?… \(\d+ more characters\)$/);
    }
  });

  it('masks them in a path that a caller has sent', async () => {
    const response = await server.fetch(`/api/${encodeURIComponent(token)}/${apiKey}`);
    const requestId = response.headers.get('x-request-id');
    const line = await server.line(({ requestId: id, message }) => id === requestId && message === 'request');
    expect(line.path).toBe('/api/[HF_TOKEN]/[HEADY_API_KEY]');
    expect(server.output).not.toContain(apiKey);
  });
});
