import { cosine, embed } from './embedding.ts';
import { contentStems, sentencesOf, type Span, stemOf, wordsOf } from './words.ts';

/** What a name in a question is worth beside a plain word: it mostly says what the whole text is about. */
const topicWorth = 0.4;

/** `which city` tells what is asked for; the sentence that answers says `Paris`, not `city`. */
const kindWords =
  /\b(?:what|which)\s+(?:century|city|company|country|date|day|month|number|percentage|person|place|region|state|time|town|year)\b/i;

export interface RankedSentence extends Span {
  /** 0 to 1; exactly 0 when the sentence shares no telling word with the question. */
  readonly relevance: number;
}

/**
 * The sentences of a text in their order, each with how well it fits the question: the share of the
 * question's words that it holds, rare ones counting more, with the vectors' likeness to part equals.
 */
export function rankSentences(text: string, question: string): RankedSentence[] {
  const sentences = sentencesOf(text).map((span) => ({ span, stems: contentStems(span.text) }));
  const names = namesIn(question);
  const asked = [...contentStems(question.replace(kindWords, ' '))].map((stem) => ({
    stem,
    weight: rarity(stem, sentences) ** 2 * (names.has(stem) ? topicWorth : 1),
  }));
  const total = asked.reduce((sum, { weight }) => sum + weight, 0);
  const questionVector = embed(question);
  return sentences.map(({ span, stems }) => {
    const shared = asked.reduce((sum, { stem, weight }) => sum + (stems.has(stem) ? weight : 0), 0);
    const likeness = Math.max(0, cosine(embed(span.text), questionVector));
    return { ...span, relevance: shared === 0 ? 0 : (0.8 * shared) / total + 0.2 * likeness };
  });
}

function rarity(stem: string, sentences: readonly { readonly stems: ReadonlySet<string> }[]): number {
  const holders = sentences.filter(({ stems }) => stems.has(stem)).length;
  return Math.log(1 + sentences.length / Math.max(1, holders));
}

/** The stems of the capitalised words, but for the first, which always is. */
function namesIn(question: string): ReadonlySet<string> {
  const names = wordsOf(question)
    .slice(1)
    .filter((word) => /^\p{Lu}/u.test(word.text));
  return new Set(names.map((word) => stemOf(word.text)));
}
