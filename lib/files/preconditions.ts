import type { H3Event } from 'h3';

import { Problem } from '#lib/problems';
import type { Conditions, ObjectKey, StoredFile } from '#storage';

/** What a request demands of the file that it is for (RFC 9110, 13.1.1 and 13.1.2). */
export function conditionsOf({ headers }: Request): Conditions {
  return {
    ifMatch: validatorsOf(headers.get('if-match')),
    ifNoneMatch: validatorsOf(headers.get('if-none-match')),
  };
}

/**
 * What a request demands of the file that it is to change. A date is no more than a way to say which file is meant: the one
 * that is there by now is held to its ETag.
 *
 * @throws {Problem} `precondition-failed`
 */
export async function conditionsFor({ req, context }: H3Event, key: ObjectKey): Promise<Conditions> {
  const conditions = conditionsOf(req);
  const found = req.headers.has('if-unmodified-since') ? await context.service.files.find(key) : undefined;
  if (!found || conditions.ifMatch) return conditions;
  checkUnmodified(key, found.file, req);
  return { ...conditions, ifMatch: [found.file.etag] };
}

/** Sees that a file is not younger than a request takes it to be. @throws {Problem} `precondition-failed` (RFC 9110, 13.1.4) */
export function checkUnmodified(key: ObjectKey, { modifiedAt }: StoredFile, { headers }: Request): void {
  const since = Date.parse(headers.get('if-unmodified-since') ?? '');
  if (headers.has('if-match') || !(seconds(modifiedAt) > seconds(since))) return; // what is no date says nothing
  throw new Problem(
    'precondition-failed',
    `'${key}' has changed: it is of ${new Date(modifiedAt).toUTCString()} now.`,
  );
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
