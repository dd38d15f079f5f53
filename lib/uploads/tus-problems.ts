import { ERRORS } from '@tus/server';

import { Problem, type ProblemCode } from '#lib/problems';

/** What `@tus/server` throws: one of its constants, or an error with the same fields. */
interface TusError {
  readonly status_code: number;
  readonly body: string;
}

const lengthNeeded =
  '`Upload-Length` is needed when an upload is made, and only then: how many bytes it is to have.';

const known = new Map<unknown, readonly [ProblemCode, string]>([
  [ERRORS.FILE_NOT_FOUND, ['not-found', 'There is no such upload: it never was, or it is over.']],
  [ERRORS.INVALID_LENGTH, ['bad-request', lengthNeeded]],
  [ERRORS.UNSUPPORTED_CREATION_DEFER_LENGTH_EXTENSION, ['bad-request', lengthNeeded]],
  [ERRORS.MISSING_OFFSET, ['bad-request', '`Upload-Offset` is needed: how many bytes there are already.']],
  [ERRORS.FILE_NO_LONGER_EXISTS, ['gone', 'The upload has expired: begin a new one.']],
  [ERRORS.INVALID_OFFSET, ['conflict', 'The upload has more or fewer bytes than `Upload-Offset` says.']],
  [ERRORS.ABORTED, ['locked', 'Another request for this upload has taken the place of this one.']],
  [ERRORS.ERR_LOCK_TIMEOUT, ['locked', 'Another request for this upload does not make way.']],
]);

/** An error of `@tus/server` as a problem; any other as it is. */
export function problemOf(error: unknown): unknown {
  const [code, detail] = known.get(error) ?? [];
  if (code !== undefined) return new Problem(code, detail ?? '');
  return isTusError(error) ? problemByStatus(error) : error;
}

/** What it answers without throwing. */
export async function problemOfAnswer(response: Response): Promise<Problem> {
  return problemByStatus({ status_code: response.status, body: await response.text() });
}

/** What else it refuses are headers that make no sense, or more bytes than there may be. */
function problemByStatus({ status_code: status, body }: TusError): Problem {
  return new Problem(status === 413 ? 'payload-too-large' : 'bad-request', `${body.trim()}.`);
}

function isTusError(error: unknown): error is TusError {
  return typeof error === 'object' && error !== null && 'status_code' in error && 'body' in error;
}
