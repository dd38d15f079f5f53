interface NamedEntity {
  readonly entity_group: string;
  readonly score: number;
  readonly word: string;
  readonly start: number;
  readonly end: number;
}

const places = /^(?:in|at|from|near|to|into)$/i;

/** Names in a text: of a place where a word of place stands before it, else of a person. */
export function namesIn(text: string): NamedEntity[] {
  const found = text.matchAll(/(?<before>\p{L}+\s+)?(?<name>\p{Lu}[\p{L}-]+(?:\s+\p{Lu}[\p{L}-]+)*)/gu);
  return [...found].flatMap(({ index, groups: { before = '', name = '' } = {} }) => {
    if (before === '') return []; // what begins a sentence is large as well
    const start = index + before.length;
    const group = places.test(before.trim()) ? 'LOC' : 'PER';
    return [{ entity_group: group, score: 0.9, word: name, start, end: start + name.length }];
  });
}
