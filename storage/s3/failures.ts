import { S3ServiceException } from '@aws-sdk/client-s3';

import { Problem } from '#lib/problems';

import type { ObjectKey } from '../key.ts';

/**
 * What is wrong with the bucket, as the caller is told of it: with S3's own word for it, and without its message, which
 * has names of the account in it.
 */
export function bucketProblem(error: unknown): Problem {
  const detail = `The bucket ${whatHappened(error)} (${wordFor(error)}): ${whatToDo(error)}.`;
  return new Problem('storage-unavailable', detail, { cause: error });
}

/** Whether this is what S3 has to say of an object, and so no failure. */
export function isAboutObject(error: unknown): boolean {
  return isMissing(error) || isChanged(error);
}

/** Whether S3 says that there is no such object; also its answer to a HEAD where there is no such bucket. */
export function isMissing(error: unknown): boolean {
  return error instanceof S3ServiceException && ['NoSuchKey', 'NotFound'].includes(error.name);
}

/** Tells of an object that is another than it was when the conditions of a change were checked. @throws {Problem} */
export function throwChanged(key: ObjectKey, error: unknown): never {
  if (isMissing(error)) throw new Problem('precondition-failed', `There is no '${key}' any more.`);
  if (!isChanged(error)) throw error;
  if (statusOf(error) === 409)
    throw new Problem('conflict', `'${key}' is being changed by another request at this moment.`);
  throw new Problem('precondition-failed', `'${key}' has been changed meanwhile.`);
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html */
function isChanged(error: unknown): boolean {
  return (
    error instanceof S3ServiceException &&
    (statusOf(error) === 412 || error.name === 'ConditionalRequestConflict')
  );
}

function whatHappened(error: unknown): string {
  const status = statusOf(error);
  if (status === undefined) return 'does not answer';
  if (isBucketMissing(error)) return 'is not there';
  return status >= 500 || status === 429 ? 'fails' : 'refuses what is asked of it';
}

function whatToDo(error: unknown): string {
  const status = statusOf(error) ?? 0;
  if (isBucketMissing(error)) return 'check S3_BUCKET, S3_REGION and S3_ENDPOINT';
  if (status === 401 || status === 403)
    return 'check S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY, and that this key may list the bucket and read, write and delete in it';
  if (status >= 300 && status < 429) return 'check S3_REGION and S3_ENDPOINT';
  return 'check S3_ENDPOINT and whether the service behind it is up, and try again';
}

/** A HEAD has no body that could say what it is that is not there. */
function isBucketMissing(error: unknown): boolean {
  return error instanceof S3ServiceException && ['NoSuchBucket', 'NotFound'].includes(error.name);
}

function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}

/** As in `AccessDenied` or `ECONNREFUSED`: one word, whatever the other side sends. */
function wordFor(error: unknown): string {
  const { code, name } = error as { readonly code?: unknown; readonly name?: unknown };
  const words = [code, name].filter((word) => typeof word === 'string');
  return words.find((word) => /^\w{2,60}$/.test(word)) ?? 'no reason told';
}
