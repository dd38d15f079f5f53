/** Nobody nests so deep; what walks a value by recursion runs out of stack at some thousands. */
export const maxJsonDepth = 100;
/** An object of a megabyte of keys takes V8 a tenth of a second to make, as each is looked for among the others. */
const maxKeys = 50_000;
/** As many numbers as two megabytes have, of eight digits each; as empty arrays they take 40 ms to make. */
const maxItems = 250_000;

/** Whether a text of JSON is nested deeper than {@link maxJsonDepth}. */
export function isTooDeep(text: string): boolean {
  return sizeOf(text).depth > maxJsonDepth;
}

/**
 * What is too much in a text of JSON, as in `has more than 50000 keys`. It is found in the text, before anything is made
 * of it: two milliseconds for a megabyte. That the text is JSON is for its parser to see.
 */
export function excessOf(text: string): string | undefined {
  const { depth, keys, items } = sizeOf(text);
  if (depth > maxJsonDepth) return `is nested deeper than ${maxJsonDepth} levels`;
  if (keys > maxKeys) return `has more than ${maxKeys} keys`;
  if (items > maxItems) return `has more than ${maxItems} items`;
  return undefined;
}

/** The deepest nesting, the keys of all objects, and the commas: those between items and members. */
function sizeOf(text: string) {
  let [depth, deepest, keys, items] = [0, 0, 0, 0];
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case quote:
        at = endOfString(text, at);
        break;
      case openBrace:
      case openBracket:
        depth += 1;
        if (depth > deepest) deepest = depth;
        break;
      case closeBrace:
      case closeBracket:
        depth -= 1;
        break;
      case colon:
        keys += 1;
        break;
      case comma:
        items += 1;
        break;
    }
  }
  return { depth: deepest, keys, items };
}

const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** Where the string ends that begins here. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end === -1 ? text.length : end;
}

function isEscaped(text: string, at: number): boolean {
  let first = at;
  while (text.charCodeAt(first - 1) === backslash) first -= 1;
  return (at - first) % 2 === 1;
}
