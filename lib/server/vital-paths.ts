/** What is to answer when nothing else does: whether the instance is alive, and what is the matter with it. */
const vital = /^\/(?:api\/health|metrics|admin(?:\/[^?]*)?|api\/admin\/[^?]*)\/?(?:\?|$)/;

/** Whether a request for this target is taken however much is going on. */
export function isVital(target: string): boolean {
  return vital.test(target);
}
