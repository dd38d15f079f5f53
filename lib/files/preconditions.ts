import type { Conditions, StoredFile } from '#storage';

/** The conditions of a request that changes a file (RFC 9110, 13.1.1 and 13.1.2). */
export function conditionsOf({ headers }: Request): Conditions {
  const ifMatch = validatorsOf(headers.get('if-match'));
  const ifNoneMatch = validatorsOf(headers.get('if-none-match'));
  return { ...(ifMatch && { ifMatch }), ...(ifNoneMatch && { ifNoneMatch }) };
}

/** What is to be answered to who wants to read: the file, that it is the one that is known already, or that it is not. */
export type Reading = 'whole' | 'not-modified' | 'precondition-failed';

/** By the conditions of the request, in the order of RFC 9110, 13.2.2. */
export function readingOf({ headers }: Request, { etag, modifiedAt }: StoredFile): Reading {
  const wanted = validatorsOf(headers.get('if-match'));
  if (wanted && !includes(wanted, etag)) return 'precondition-failed';
  const known = validatorsOf(headers.get('if-none-match'));
  if (known) return includes(known, etag) ? 'not-modified' : 'whole';
  const since = Date.parse(headers.get('if-modified-since') ?? '');
  return seconds(modifiedAt) <= seconds(since) ? 'not-modified' : 'whole';
}

/** Whether a range is of the file that the client has the rest of (RFC 9110, 13.1.5). */
export function rangeHolds({ headers }: Request, { etag, modifiedAt }: StoredFile): boolean {
  const condition = headers.get('if-range');
  if (condition === null) return true;
  if (condition.startsWith('"')) return condition === `"${etag}"`;
  return seconds(Date.parse(condition)) === seconds(modifiedAt);
}

/** HTTP's dates have no more than seconds. */
function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}

/** A list of validators, without their quotes; weak ones are left with their `W/`, and match nothing here. */
function validatorsOf(header: string | null): readonly string[] | '*' | undefined {
  if (header === null) return undefined;
  if (header.trim() === '*') return '*';
  return [...header.matchAll(/(?<weak>W\/)?"(?<opaque>[^"]*)"/g)].map(
    ({ groups: { weak = '', opaque = '' } = {} }) => `${weak}${opaque}`,
  );
}

function includes(validators: readonly string[] | '*', etag: string): boolean {
  return validators === '*' || validators.includes(etag) || validators.includes(`W/${etag}`);
}
