import { isStopWord, wordsOf } from './words.ts';

/** As many as `sentence-transformers/all-MiniLM-L6-v2` gives. */
export const dimensions = 384;

/**
 * A vector that means something without a model: signed feature hashing of a text's words and their
 * character trigrams. Texts that share words point the same way, inflections nearly so, unrelated ones are
 * at right angles but for hash collisions, whose signs cancel on average.
 *
 * @returns 384 numbers; not yet of unit length, see {@link normalize}
 */
export function embed(text: string): number[] {
  const vector = Array.from({ length: dimensions }, () => 0);
  for (const [feature, weight] of featuresOf(text)) {
    const hash = hashOf(feature);
    const slot = hash % dimensions;
    vector[slot] = (vector[slot] ?? 0) + (hash & 0x8000_0000 ? -weight : weight);
  }
  return vector;
}

/** The vector at length 1, to 8 decimals: what a 32-bit float holds. */
export function normalize(vector: readonly number[]): number[] {
  const length = Math.hypot(...vector);
  return vector.map((value) => (length === 0 ? 0 : Number((value / length).toFixed(8))));
}

/** How alike two vectors point: 1 the same way, 0 not at all. */
export function cosine(left: readonly number[], right: readonly number[]): number {
  const lengths = Math.hypot(...left) * Math.hypot(...right);
  return lengths === 0 ? 0 : left.reduce((sum, value, slot) => sum + value * (right[slot] ?? 0), 0) / lengths;
}

/** Words weigh 1, the trigrams of one word together as much. A text of no telling word is one feature. */
function featuresOf(text: string): [feature: string, weight: number][] {
  const words = wordsOf(text.toLowerCase()).map((word) => word.text);
  const telling = words.filter((word) => !isStopWord(word));
  const features = (telling.length > 0 ? telling : words).flatMap((word) => {
    const trigrams = trigramsOf(word);
    const share = 1 / Math.sqrt(trigrams.length);
    return [
      [`word:${word}`, 1] as [string, number],
      ...trigrams.map((trigram): [string, number] => [`trigram:${trigram}`, share]),
    ];
  });
  return features.length > 0 ? features : [[`text:${text}`, 1]];
}

function trigramsOf(word: string): string[] {
  const framed = `^${word}$`;
  return Array.from({ length: Math.max(1, framed.length - 2) }, (_, at) => framed.slice(at, at + 3));
}

/** FNV-1a over UTF-16 units with murmur's finish, which spreads the short keys over all 32 bits. */
function hashOf(key: string): number {
  let hash = 0x811c_9dc5;
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x0100_0193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
