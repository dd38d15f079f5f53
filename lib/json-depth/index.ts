/** Nobody nests so deep; what walks a value by recursion runs out of stack at some thousands. */
export const maxJsonDepth = 100;

/** Whether a value of JSON is nested deeper than {@link maxJsonDepth}. */
export function isTooDeep(value: unknown): boolean {
  let level = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > maxJsonDepth) return true;
    level = level
      .filter((part) => typeof part === 'object' && part !== null)
      .flatMap((part) => Object.values(part as object));
  }
  return false;
}
