import { cosine, embed } from './embedding.ts';
import { sentencesOf, tokensOf } from './words.ts';

export interface SummaryLimits {
  /** At most so many words; at least one sentence is kept whatever its length. */
  readonly maxTokens?: number;
}

/** How much the place in the text counts: news tell the main thing first. */
const leadBonus = 0.15;

/**
 * A summary made of the text's own sentences, in their order: a third of them, at most three, those whose
 * words are the most shared with the rest.
 */
export function summarize(text: string, limits: SummaryLimits = {}): string {
  const sentences = sentencesOf(text).map((span, place) => ({
    text: span.text,
    place,
    vector: embed(span.text),
  }));
  const centre = sum(sentences.map((sentence) => sentence.vector));
  const byWeight = sentences
    .map((sentence) => ({
      ...sentence,
      weight: cosine(sentence.vector, centre) + leadBonus / (1 + sentence.place),
    }))
    .toSorted((left, right) => right.weight - left.weight);
  const wanted = Math.min(3, Math.ceil(sentences.length / 3));
  return within(byWeight.slice(0, wanted), limits.maxTokens ?? Infinity)
    .toSorted((left, right) => left.place - right.place)
    .map((sentence) => sentence.text)
    .join(' ');
}

function within<T extends { readonly text: string }>(sentences: readonly T[], maxTokens: number): T[] {
  const kept: T[] = [];
  let tokens = 0;
  for (const sentence of sentences) {
    tokens += tokensOf(sentence.text).length;
    if (kept.length > 0 && tokens > maxTokens) break;
    kept.push(sentence);
  }
  return kept;
}

function sum(vectors: readonly (readonly number[])[]): number[] {
  return vectors.reduce<number[]>(
    (total, vector) => vector.map((value, slot) => value + (total[slot] ?? 0)),
    [],
  );
}
