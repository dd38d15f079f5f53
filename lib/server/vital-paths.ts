/**
 * What is to answer when nothing else does: whether the instance is alive, and what is the matter with it. A part of a path
 * that is more than a plain name may lead anywhere else, as `/admin/%2e%2e/api/workers` does.
 */
const vital = /^\/(?:api\/health|metrics|(?:api\/)?admin(?:\/[\w-]+(?:\.[\w-]+)*)*)\/?(?:\?|$)/;

/** Whether a request for this target is taken however much is going on. */
export function isVital(target = ''): boolean {
  return vital.test(target);
}
