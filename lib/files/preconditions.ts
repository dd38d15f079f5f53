import type { Conditions, StoredFile } from '#storage';

/** What a request demands of the file that it is for (RFC 9110, 13.1.1 and 13.1.2). */
export function conditionsOf({ headers }: Request): Conditions {
  return {
    ifMatch: validatorsOf(headers.get('if-match')),
    ifNoneMatch: validatorsOf(headers.get('if-none-match')),
  };
}

/** Whether who wants to read a file has it already (RFC 9110, 13.2.2): here a weak validator is as good as a strong one. */
export function isKnown({ headers }: Request, { etag, modifiedAt }: StoredFile): boolean {
  const known = validatorsOf(headers.get('if-none-match'));
  if (known) return known === '*' || known.includes(etag) || known.includes(`W/${etag}`);
  const since = Date.parse(headers.get('if-modified-since') ?? '');
  return seconds(modifiedAt) <= seconds(since);
}

/**
 * Whether a range is of the file that the client has the rest of (RFC 9110, 13.1.5). A date never tells: it is the same for
 * two contents of one second, and who has the ETag, which every answer has, is not to send one.
 */
export function rangeHolds({ headers }: Request, { etag }: StoredFile): boolean {
  const condition = headers.get('if-range');
  return condition === null || condition === `"${etag}"`;
}

/** HTTP's dates have no more than seconds. */
function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}

/** A list of validators, without their quotes; weak ones are left with their `W/`. */
function validatorsOf(header: string | null): readonly string[] | '*' | undefined {
  if (header === null) return undefined;
  if (header.trim() === '*') return '*';
  return [...header.matchAll(/(?<weak>W\/)?"(?<opaque>[^"]*)"/g)].map(
    ({ groups: { weak = '', opaque = '' } = {} }) => `${weak}${opaque}`,
  );
}
