/** What stands in examples, and in documents that show how a key is set. */
const placeholders =
  /change.?me|example|placeholder|replace|your[-_ ]\S*key|password|secret|letmein|qwerty|x{8}|0123456789|abcdefgh/i;

const leastLength = 32;
/** Of 32 hexadecimal digits by chance, fewer than 8 different ones come once in ten million keys. */
const leastCharacters = 8;

/** Why a key is none for production; undefined where it may be good. */
export function weaknessOf(key: string): string | undefined {
  if (key.length < leastLength)
    return `has ${key.length} characters: production needs ${leastLength} or more`;
  if (placeholders.test(key)) return 'looks like one of an example';
  if (new Set(key).size < leastCharacters || repeats(key)) return 'repeats itself: it can be guessed';
  return undefined;
}

/** Whether it is one short text again and again, the last time perhaps in part. */
function repeats(key: string): boolean {
  return /^(.{1,16}?)\1+.{0,15}$/.test(key);
}
