/** A piece of a text and where it begins, in UTF-16 units as JavaScript's strings count. */
export interface Span {
  readonly text: string;
  readonly start: number;
}

const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' });

/** Words that say nothing about what a text is about, with those that only ask or instruct. */
const stopWords = new Set(
  `a about all also an and any are as at be been but by can could did do does for from had has have he her his
  how i if in into is it its just me more my no not of on only or our please she should so some than that the
  their them there these they this those to us was we were what when where which who whom whose why will with
  would you your answer assistant context following given helpful passage paragraph question text using use`.split(
    /\s+/,
  ),
);

/** Forms that no ending turns into the word they belong to, with that word's stem. */
const irregularStems: ReadonlyMap<string, string> = new Map([
  ['began', 'begin'],
  ['bought', 'buy'],
  ['built', 'build'],
  ['founder', 'found'],
  ['inventor', 'invent'],
  ['left', 'leav'],
  ['made', 'mak'],
  ['sold', 'sell'],
  ['written', 'writ'],
  ['wrote', 'writ'],
]);

/** The sentences of a text without the blanks around them. A title or an initial ends none. */
export function sentencesOf(text: string): Span[] {
  const spans: Span[] = [];
  let start = 0;
  for (const { segment, index } of segmenter.segment(text)) {
    const end = index + segment.length;
    if (end < text.length && /\b(?:Dr|Mr|Mrs|Ms|St|Prof|vs|\p{Lu})\.\s*$/u.test(segment)) continue;
    spans.push(...trimmed({ text: text.slice(start, end), start }));
    start = end;
  }
  return spans;
}

/** The words of a text and where they stand. */
export function wordsOf(text: string): Span[] {
  return [...text.matchAll(/[\p{L}\p{N}]+(?:['’]\p{L}+)?/gu)].map((match) => ({
    text: match[0],
    start: match.index,
  }));
}

export function isStopWord(word: string): boolean {
  return stopWords.has(word.toLowerCase());
}

/** What is left of a word when its ending is off, so that `completed` meets `complete`. */
export function stemOf(word: string): string {
  const plain = word.toLowerCase().replace(/['’]\p{L}+$/u, '');
  const known = irregularStems.get(plain);
  if (known !== undefined) return known;
  const stem = plain.replace(/(?:ing|ed|es|ly|s|e)$/, '');
  return stem.length < 3 ? plain : stem;
}

/** The stems of the words that carry meaning. */
export function contentStems(text: string): Set<string> {
  return new Set(
    wordsOf(text)
      .filter((word) => !isStopWord(word.text))
      .map((word) => stemOf(word.text)),
  );
}

/** The text cut into what the mock counts and streams as tokens: words with the blanks before them. */
export function tokensOf(text: string): string[] {
  return text.match(/\s*\S+/g) ?? [];
}

function trimmed(span: Span): Span[] {
  const text = span.text.trim();
  return text === '' ? [] : [{ text, start: span.start + span.text.indexOf(text) }];
}
