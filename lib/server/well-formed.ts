import type { IncomingMessage } from 'node:http';

import { Problem, type ProblemCode } from '#lib/problems';

/** Of path and query together. */
const maxTargetLength = 8192;
/** A path with its query, an absolute URL, or `*` (RFC 9112, 3.2): `#` begins no part of it, and `\` is a slash to some. */
const target = /^(?:\/[^\\#]*|https?:\/\/[^\\#]+|\*)$/i;
/** RFC 3986, 3.2.2 and 3.2.3; no more is asked of a name than that it cannot be taken for anything else. */
const host = /^(?:[\w.~!$&'()*+,;=%-]+|\[[\da-f:.]+\])(?::\d{0,5})?$/i;

/**
 * Refuses what Node's parser lets pass, though it is no request of HTTP/1.1 or one that somebody in front may take for
 * another one.
 *
 * @throws {Problem} `http-version-not-supported`, `not-implemented`, `bad-request`, `uri-too-long`, `expectation-failed`
 */
export function refuseMalformed(request: IncomingMessage): void {
  checkFraming(request);
  checkTarget(request.url ?? '');
  checkHost(request);
  const { expect } = request.headers;
  if (expect !== undefined && !/^100-continue$/i.test(expect))
    throw new Problem('expectation-failed', `\`Expect: ${expect}\` is nothing that this server can meet.`);
}

function checkFraming({ httpVersion, headers }: IncomingMessage): void {
  if (httpVersion !== '1.1' && httpVersion !== '1.0')
    throw lastly('http-version-not-supported', `This server speaks HTTP/1.1, not HTTP/${httpVersion}.`);
  const { 'transfer-encoding': coding } = headers;
  if (coding === undefined) return;
  if (httpVersion === '1.0') throw lastly('bad-request', 'HTTP/1.0 has no `Transfer-Encoding`.');
  if (!/^chunked$/i.test(coding))
    throw lastly('not-implemented', `\`Transfer-Encoding: ${coding}\`: the only coding taken is chunked.`);
}

function checkTarget(url: string): void {
  if (url.length > maxTargetLength)
    throw new Problem(
      'uri-too-long',
      `The URL has ${url.length} characters, and ${maxTargetLength} at most.`,
    );
  if (!target.test(url) || !(url.startsWith('/') || url === '*' || URL.canParse(url)))
    throw new Problem('bad-request', 'The target of the request is no path and no URL.');
}

/** There is one, and it is one (RFC 9112, 3.2); of several, Node tells the first. */
function checkHost({ httpVersion, headers, rawHeaders }: IncomingMessage): void {
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2)
    if (rawHeaders[index]?.length === 4 && rawHeaders[index]?.toLowerCase() === 'host') hosts += 1;
  if (hosts === 0 && httpVersion === '1.0') return;
  const { host: name = '' } = headers;
  if (hosts !== 1 || !isHost(name))
    throw lastly('bad-request', 'The request needs one `Host`, with the name of this service.');
}

/** Most requests name the same one. */
let lastHost: string | undefined;

/** Not `a:99999` nor `1.2.3.999`, which the pattern lets pass. */
function isHost(name: string): boolean {
  if (name === lastHost) return true;
  if (!host.test(name) || !URL.canParse(`http://${name}`)) return false;
  lastHost = name;
  return true;
}

/** A problem after which nothing on the connection is sure to be a request. */
function lastly(code: ProblemCode, detail: string): Problem {
  return new Problem(code, detail, { headers: { connection: 'close' } });
}
