import { Problem } from '#lib/problems';

const version = '1.0.0';
const contentType = 'application/offset+octet-stream';
const headerNames = /^(?:upload-.*|tus-resumable|content-type|content-length)$/;

/**
 * The method of a request, or the one that a client says which cannot send any other than POST.
 *
 * @param named - the upload that the path names; none where uploads are made.
 * @throws {Problem} `method-not-allowed`
 */
export function methodOf({ method, headers }: Request, named: string | undefined): string {
  const meant = method === 'POST' ? (headers.get('x-http-method-override') ?? method).toUpperCase() : method;
  const allowed = named === undefined ? ['POST', 'OPTIONS'] : ['HEAD', 'PATCH', 'DELETE', 'OPTIONS'];
  if (allowed.includes(meant)) return meant;
  const allow = allowed.join(', ');
  throw new Problem('method-not-allowed', `This takes ${allow}, not ${meant}.`, { headers: { allow } });
}

/**
 * Those that the protocol has a use for: no address under which a client says that it knows the service, and no metadata
 * of nothing, which tuspy sends and `@tus/server` does not take.
 */
export function tusHeaders(headers: Headers): Headers {
  const known = [...headers].filter(([name]) => headerNames.test(name));
  return new Headers(known.filter(([name, value]) => name !== 'upload-metadata' || value !== ''));
}

/**
 * Sees to what `@tus/server` answers otherwise than the protocol has it.
 *
 * @throws {Problem} `unsupported-version`, `unsupported-media-type`, `bad-request`
 */
export function checkProtocol(method: string, headers: Headers): void {
  if (method === 'OPTIONS') return;
  const said = headers.get('tus-resumable');
  if (said !== version)
    throw new Problem(
      'unsupported-version',
      `\`Tus-Resumable\` is ${said === null ? 'not sent' : `'${said}'`}: send \`Tus-Resumable: ${version}\`.`,
      { headers: { 'tus-version': version } },
    );
  if (method === 'PATCH' && headers.get('content-type') !== contentType)
    throw new Problem(
      'unsupported-media-type',
      `The content type is '${headers.get('content-type') ?? ''}'. Send \`content-type: ${contentType}\`.`,
    );
  if (headers.has('upload-concat'))
    throw new Problem('bad-request', 'Uploads are not concatenated here: leave `Upload-Concat` out.');
}

/** Whether a request brings bytes of an upload. */
export function bringsContent({ method, headers }: Pick<Request, 'method' | 'headers'>): boolean {
  return method === 'PATCH' || (method === 'POST' && headers.get('content-type') === contentType);
}
