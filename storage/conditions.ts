import { Problem } from '#lib/problems';

import type { ObjectKey } from './key.ts';
import type { Conditions, StoredFile } from './store.ts';

/**
 * Sees that a change may be made to what is there.
 *
 * @throws {Problem} `precondition-failed`
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-13.1
 */
export function checkConditions(
  key: ObjectKey,
  found: StoredFile | undefined,
  { ifMatch, ifNoneMatch }: Conditions,
): void {
  if (ifMatch !== undefined && !matches(found, ifMatch))
    throw new Problem(
      'precondition-failed',
      found ? `'${key}' has changed: it is "${found.etag}" now.` : `There is no '${key}' any more.`,
    );
  if (ifNoneMatch !== undefined && matches(found, weakly(ifNoneMatch)))
    throw new Problem('precondition-failed', `There is '${key}' already: it is "${found?.etag}".`);
}

/** Whether anything is asked for. */
export function isConditional({ ifMatch, ifNoneMatch }: Conditions): boolean {
  return ifMatch !== undefined || ifNoneMatch !== undefined;
}

/** A weak validator is as good as a strong one to tell that a file is there (RFC 9110, 13.1.2). */
function weakly(validators: readonly string[] | '*'): readonly string[] | '*' {
  return validators === '*' ? '*' : validators.map((validator) => validator.replace(/^W\//, ''));
}

function matches(found: StoredFile | undefined, validators: readonly string[] | '*'): boolean {
  if (!found) return false;
  return validators === '*' || validators.includes(found.etag);
}
