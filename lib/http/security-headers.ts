import { createContentSecurityPolicy, type CspDirectives, defaults, nosecone } from 'nosecone';

/** A field of an answer; its name in lower case, its value without a line break. */
export type Field = readonly [name: string, value: string];

/** Of a page: what it needs comes from here, and nothing in it runs that is not a file of its own. */
const pagePolicy = policy({
  baseUri: ["'none'"],
  defaultSrc: ["'self'"],
  formAction: ["'self'"],
  frameAncestors: ["'none'"],
  imgSrc: ["'self'", 'data:'],
  objectSrc: ["'none'"],
});

/** Of what is no page, should a browser take it for one. */
const otherPolicy = policy({ defaultSrc: ["'none'"], frameAncestors: ["'none'"] });

/** What a page of ours has no use for: the powerful features of browsers. */
const permissions = [
  'accelerometer',
  'camera',
  'display-capture',
  'geolocation',
  'gyroscope',
  'magnetometer',
  'microphone',
  'midi',
  'payment',
  'usb',
];

/** What every answer says to a browser where a route does not say otherwise, the policy for its content apart. */
export function securityFields({ overTls }: { readonly overTls: boolean }): Field[] {
  const fields = nosecone({
    ...defaults,
    contentSecurityPolicy: false,
    crossOriginEmbedderPolicy: false, // a page of a user's could show no picture from elsewhere
    strictTransportSecurity: overTls ? { maxAge: 365 * 24 * 60 * 60, includeSubDomains: false } : false,
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xFrameOptions: { action: 'deny' },
  });
  return [...fields, ['permissions-policy', permissions.map((feature) => `${feature}=()`).join(', ')]];
}

/** The `Content-Security-Policy` for content of this type. */
export function contentPolicy(contentType: string | undefined): string {
  return contentType?.startsWith('text/html') ? pagePolicy : otherPolicy;
}

function policy(directives: CspDirectives): string {
  return createContentSecurityPolicy({ directives })[1];
}
