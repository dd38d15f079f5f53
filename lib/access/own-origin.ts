interface Own {
  /** Of the request. */
  readonly host: string | undefined;
  readonly publicUrl: string | undefined;
}

/** Whether an origin is the service's own; where nobody has said what that is, by the host alone: TLS may end before it. */
export function isOwnOrigin(origin: string, { host, publicUrl }: Own): boolean {
  const given = URL.parse(origin); // null of a sandboxed page, which says `null`
  if (!given || given.origin === 'null' || (host ?? publicUrl) === undefined) return false; // as of any `capacitor://`
  const own = publicUrl ?? `${given.protocol}//${host}`;
  return URL.parse(own)?.origin === given.origin;
}
