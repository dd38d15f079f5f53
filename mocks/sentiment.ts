import { wordsOf } from './words.ts';

export interface Label {
  readonly label: string;
  readonly score: number;
}

const praise =
  wordSet(`amazing awesome beautiful best brilliant delight delighted delicious easy enjoy enjoyed
  excellent fantastic fast favourite favorite friendly fun glad good great happy helpful impressive like liked love
  loved lovely nice perfect pleasant pleased recommend recommended superb thank thanks well wonderful works`);
const blame = wordSet(`angry annoying awful bad boring broken bug confusing crash crashed dirty disappointed
  disappointing dislike dreadful error expensive fail failed fails hate hated horrible mess poor regret rude
  sad slow terrible ugly unhappy unusable useless waste worse worst wrong`);
const negations = wordSet(`not no never hardly isn't wasn't don't doesn't didn't can't won't aren't without`);

/** `POSITIVE` and `NEGATIVE` with scores that add up to 1, the likelier first: the labels of SST-2 models. */
export function sentimentOf(text: string): Label[] {
  const words = wordsOf(text.toLowerCase().replaceAll('’', "'")).map((word) => word.text);
  const balance = words.reduce(
    (sum, word, at) => sum + tone(word) * turn(words.slice(Math.max(0, at - 3), at)),
    0,
  );
  const positive = Number((1 / (1 + Math.exp(-2 * balance - 0.1))).toFixed(6));
  const labels = [
    { label: 'POSITIVE', score: positive },
    { label: 'NEGATIVE', score: Number((1 - positive).toFixed(6)) },
  ];
  return labels.toSorted((left, right) => right.score - left.score);
}

function tone(word: string): number {
  return Number(praise.has(word)) - Number(blame.has(word));
}

/** A negation shortly before turns a word's tone around. */
function turn(before: readonly string[]): number {
  return before.some((word) => negations.has(word)) ? -1 : 1;
}

function wordSet(words: string): ReadonlySet<string> {
  return new Set(words.split(/\s+/));
}
