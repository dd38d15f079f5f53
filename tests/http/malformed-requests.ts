import { apiKey } from '../server.ts';

/** The bytes of a request, each character one, and what has to come of them. */
export interface Malformed {
  readonly name: string;
  readonly bytes: string;
  readonly status: number;
  /** Nothing after it on the connection is taken for a request. */
  readonly closes: boolean;
}

const order = '{"name":"x","items":[]}';
const chunks = `17\r\n${order}\r\n0\r\n\r\n`;
const key = `authorization: Bearer ${apiKey}`;
/** Whose name depends on the host. */
const session = 'cookie: heady_session=x';
/** Answered with 200, were it taken for a request. */
const smuggled = ['GET /api/fixtures/silent HTTP/1.1', 'host: x', key, '', ''].join('\r\n');

/** A request with a body by the holder of the key. */
function post(fields: readonly string[], body: string, version = '1.1'): string {
  const head = [`POST /api/fixtures/order HTTP/${version}`, 'host: x', key, 'content-type: application/json'];
  return [...head, ...fields, '', body].join('\r\n');
}

function chunked(body: string): string {
  return post(['transfer-encoding: chunked'], body);
}

function coded(coding: string): string {
  return post([`transfer-encoding: ${coding}`], chunks);
}

function sized(...lengths: readonly string[]): string {
  return post(
    lengths.map((length) => `content-length: ${length}`),
    order,
  );
}

/** A request that anyone may make. */
function get(target: string, ...fields: readonly string[]): string {
  return line(`GET ${target} HTTP/1.1`, 'host: x', ...fields);
}

function line(...lines: readonly string[]): string {
  return [...lines, '', ''].join('\r\n');
}

function each(
  status: number,
  closes: boolean,
  requests: Readonly<Record<string, string>>,
): readonly Malformed[] {
  return Object.entries(requests).map(([name, bytes]) => ({ name, bytes, status, closes }));
}

const health = '/api/health';

const framing = [
  ...each(400, true, {
    'a chunk size that is no number': chunked(`zz\r\n${order}\r\n0\r\n\r\n`),
    'a negative chunk size': chunked(`-1\r\n${order}\r\n0\r\n\r\n`),
    'a chunk size with 0x': chunked(`0x17\r\n${order}\r\n0\r\n\r\n`),
    'a chunk size beyond 64 bits': chunked(`fffffffffffffffff\r\n${order}\r\n0\r\n\r\n`),
    'a chunk that is longer than its size': chunked(`5\r\n${order}\r\n0\r\n\r\n`),
    'chunks in lines that end with LF alone': chunked(`17\n${order}\n0\n\n`),
    'a chunk extension with LF alone': chunked(`17;a\n${order}\r\n0\r\n\r\n`),
    'a chunk extension of 20 KB': chunked(`17;a=${'x'.repeat(20_000)}\r\n${order}\r\n0\r\n\r\n`),
    'a length given twice': sized('23', '23'),
    'two lengths': sized('23', '0'),
    'a length with a sign': sized('+23'),
    'a length in hexadecimal': sized('0x17'),
    'a length as a list': sized('23, 23'),
    'a negative length': sized('-23'),
    'an empty length': sized(''),
    'a length beyond 64 bits': sized('99999999999999999999999'),
    'a length and chunks (CL.TE)': post(
      ['content-length: 23', 'transfer-encoding: chunked'],
      `0\r\n\r\n${smuggled}`,
    ),
    'chunks and a length (TE.CL)': post(
      ['transfer-encoding: chunked', 'content-length: 4'],
      `${chunks}${smuggled}`,
    ),
    'a length and a coding that is none': post(['content-length: 23', 'transfer-encoding: xchunked'], order),
    'chunked that is not the last coding': coded('chunked, identity'),
    'chunked twice': coded('chunked, chunked'),
    'two codings': post(['transfer-encoding: chunked', 'transfer-encoding: identity'], chunks),
    'a coding behind a vertical tab': coded('\x0bchunked'),
    'a coding on a line of its own': post(['transfer-encoding:', ' chunked'], chunks),
    'a coding with a space before its colon': post(['transfer-encoding : chunked'], chunks),
    'chunks in HTTP/1.0': post(['transfer-encoding: chunked'], chunks, '1.0'),
  }),
  ...each(501, true, {
    'a coding that is not taken': coded('gzip, chunked'),
    'a coding that is none': coded('xchunked'),
    'a coding in quotes': coded('"chunked"'),
    'identity as a coding': coded('identity'),
  }),
  ...each(415, false, { 'a compressed body': post(['content-encoding: gzip', 'content-length: 23'], order) }),
  ...each(405, false, {
    'a body that is a request (CL.0)':
      line(`POST ${health} HTTP/1.1`, 'host: x', `content-length: ${smuggled.length}`) + smuggled,
  }),
];

const heads = [
  ...each(400, true, {
    'a header folded over two lines': get(health, 'x-a: b', ' c'),
    'a space before a colon': get(health, 'x-a : b'),
    'NUL in a value': get(health, 'x-a: b\0c'),
    'NUL in a name': get(health, 'x\0a: b'),
    'CR in a value': get(health, 'x-a: b\rc'),
    'LF in a value': get(health, 'x-a: b\nc'),
    'a control character in a value': get(health, 'x-a: b\x01'),
    'lines that end with LF alone': `GET ${health} HTTP/1.1\nhost: x\n\n`,
    'lines that end with CR alone': `GET ${health} HTTP/1.1\rhost: x\r\r`,
    'a header without a colon': get(health, 'nonsense'),
    'a header without a name': get(health, ': v'),
    'a header name that is no token': get(health, 'x(a): v'),
    'a header name beyond ASCII': get(health, 'x\xe9: v'),
    'a method that is no token': line(`G(T ${health} HTTP/1.1`, 'host: x'),
    'a method in lower case': line(`get ${health} HTTP/1.1`, 'host: x'),
    'an unknown method': line(`FROBNICATE ${health} HTTP/1.1`, 'host: x'),
    'no Host': line(`GET ${health} HTTP/1.1`),
    'two Hosts': line(`GET ${health} HTTP/1.1`, 'host: x', 'Host: x'),
    'an empty Host': line(`GET ${health} HTTP/1.1`, 'host:'),
    'a Host with a path': line('GET /health HTTP/1.1', 'host: x/api'),
    'a Host with a query': line(`GET /api/workers HTTP/1.1`, `host: x${health}?`),
    'a Host with a user': line(`GET ${health} HTTP/1.1`, 'host: a@b'),
    'half an IPv6 address as Host': line(`GET ${health} HTTP/1.1`, 'host: [::1'),
    'a Host of too many numbers': line('GET /api/admin/status HTTP/1.1', 'host: 1.2.3.4.5', session),
    'a Host with a port that is none': line('GET /api/admin/status HTTP/1.1', 'host: x:99999', session),
    'HTTP/1.2': line(`GET ${health} HTTP/1.2`, 'host: x'),
    'http/1.1': line(`GET ${health} http/1.1`, 'host: x'),
    'the preface of HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'a handshake of TLS': `\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03${'\xab'.repeat(195)}`,
    'a greeting of SSH': 'SSH-2.0-OpenSSH_9.0\r\n',
  }),
  ...each(505, true, {
    'HTTP/0.9': `GET ${health}\r\n\r\n`,
    'HTTP/2.0': line(`GET ${health} HTTP/2.0`, 'host: x'),
  }),
  ...each(501, true, { CONNECT: line('CONNECT x:443 HTTP/1.1', 'host: x:443') }),
  ...each(431, true, {
    'a header of 20 KB': get(health, `x: ${'y'.repeat(20_000)}`),
    'headers by the thousand': get(health, ...Array<string>(2500).fill('a:')),
    'a URL of 20 KB': get(`/${'x'.repeat(20_000)}`),
  }),
  ...each(417, false, { 'an unknown expectation': get(health, 'expect: nonsense') }),
];

const targets = [
  ...each(400, true, {
    'a target without a slash': get('api/health'),
    'a host and port as the target': get('x:80'),
    'a script as the target': get('javascript:alert(1)'),
    'a space in the target': get('/api/hea lth'),
    'a tab in the target': get(`${health}\t`),
    'bytes beyond ASCII in the target': get('/api/h\xc3\xa9alth'),
  }),
  ...each(400, false, {
    'a URL of ftp': get('ftp://x/api/health'),
    'a URL with a port that is none as the target': get('http://x:99999/api/admin/status', session),
    'a URL of a file': get('file:///api/health'),
    'a backslash in the path': get(String.raw`/api\health`),
    'dots behind a backslash': get(String.raw`/api/health\..\workers`),
    'a fragment': get(`${health}#/../workers`),
    'half an escape': get('/api/%'),
    'overlong UTF-8': get('/api/%c0%af/health'),
    'a byte that is no UTF-8': get('/api/%ff'),
  }),
  ...each(404, false, {
    '* of GET': get('*'),
    'NUL at the end of the path': get(`${health}%00`),
    'an escaped slash': get('/api%2fhealth'),
    'an escaped backslash': get('/api%5chealth'),
    'two slashes first': get('//api/health'),
    'two slashes within': get('/api//health'),
    'another case': get('/API/HEALTH'),
    'a dot at the end': get(`${health}.`),
    'a space at the end': get(`${health}%20`),
    'a path parameter': get(`${health};x=1`),
  }),
  ...each(414, false, { 'a URL of 9 KB': get(`${health}?${'x'.repeat(9000)}`) }),
];

/** Requests that no client library sends. */
export const malformed: readonly Malformed[] = [...framing, ...heads, ...targets];
