import type { Field } from './security-headers.ts';

/** How long a browser need not ask again; Chromium takes no more. */
const preflightSeconds = 7200;

/** What a script may read of an answer, beside what the Fetch standard lets it read of any. */
const exposed = [
  'accept-ranges',
  'content-digest',
  'content-disposition',
  'content-range',
  'etag',
  'location',
  'ratelimit',
  'ratelimit-policy',
  'repr-digest',
  'retry-after',
  'server-timing',
  'tus-extension',
  'tus-max-size',
  'tus-resumable',
  'tus-version',
  'upload-expires',
  'upload-length',
  'upload-metadata',
  'upload-offset',
  'x-request-id',
].join(', ');

const methods = 'GET, HEAD, POST, PUT, PATCH, DELETE';

/**
 * Which origins' scripts may call, and how browsers are told.
 *
 * @see https://fetch.spec.whatwg.org/#http-cors-protocol
 */
export class Cors {
  readonly #isForAll: boolean;
  readonly #isForNone: boolean;
  readonly #exact: ReadonlySet<string>;
  readonly #patterns: readonly RegExp[];
  /** Most requests come from the same one. */
  #last: { readonly origin: string | undefined; readonly fields: readonly Field[] } = {
    origin: undefined,
    fields: [],
  };

  /** @param origins - exact ones, those with `*.` for any subdomain or `:*` for any port, or `*` alone for all. */
  constructor(origins: readonly string[]) {
    this.#isForAll = origins.includes('*');
    this.#isForNone = origins.length === 0;
    this.#exact = new Set(origins.filter((origin) => !origin.includes('*')));
    this.#patterns = origins.filter((origin) => origin !== '*' && origin.includes('*')).map(patternOf);
  }

  allows(origin: string): boolean {
    return (
      this.#isForAll || this.#exact.has(origin) || this.#patterns.some((pattern) => pattern.test(origin))
    );
  }

  /** What an answer to a request from this origin says. */
  fields(origin: string | undefined): readonly Field[] {
    if (this.#isForAll) return allFields;
    if (this.#isForNone) return [];
    if (origin === undefined) return otherFields;
    if (origin !== this.#last.origin) this.#last = { origin, fields: this.#fieldsFor(origin) };
    return this.#last.fields;
  }

  #fieldsFor(origin: string): readonly Field[] {
    if (!this.allows(origin)) return otherFields;
    return [
      ['access-control-allow-origin', origin],
      ['access-control-allow-credentials', 'true'],
      ['access-control-expose-headers', exposed],
      ['vary', 'Origin'],
    ];
  }

  /** What the answer to a preflight request adds. */
  preflightFields(requestedHeaders: string | undefined): readonly Field[] {
    return [
      ['access-control-allow-methods', methods],
      ...(requestedHeaders === undefined
        ? []
        : [['access-control-allow-headers', requestedHeaders] as const]),
      ['access-control-max-age', String(preflightSeconds)],
      ['vary', 'Access-Control-Request-Headers'],
    ];
  }
}

/** Never with credentials: any page that a user visits could use them. */
const allFields: readonly Field[] = [
  ['access-control-allow-origin', '*'],
  ['access-control-expose-headers', exposed],
];

/** To a cache the answer is one of several all the same. */
const otherFields: readonly Field[] = [['vary', 'Origin']];

function patternOf(origin: string): RegExp {
  const [scheme = '', host = ''] = origin.split('://');
  const [, subdomains, name = '', port] = /^(\*\.)?(.*?)(:\*)?$/.exec(host) ?? [];
  const labels = subdomains ? String.raw`(?:[a-z\d-]+\.)+` : '';
  return new RegExp(`^${scheme}://${labels}${RegExp.escape(name)}${port ? String.raw`(?::\d+)?` : ''}$`);
}
