import { type Frame, FrameKind } from './frames.ts';

/** What a child is to say next of its call: its answer, that items will come, or the next item. */
export type Turn = 'answer' | 'begin' | 'item';

const { stream, item, result, answer, file, error } = FrameKind;

const kinds: Readonly<Record<Turn, ReadonlySet<string>>> = {
  answer: new Set([result, answer, file, error]),
  begin: new Set([stream, error]),
  item: new Set([item, result, error]),
};

/** Whether a frame is one that may come now: a runtime sends no other, but a function can write to its connection. */
export function isInTurn({ kind }: Frame, turn: Turn): boolean {
  return kinds[turn].has(kind);
}

/** The name of a kind of frames, for a person. */
export function nameOfKind(kind: string): string {
  const [name] = Object.entries(FrameKind).find(([, each]) => each === kind) ?? [];
  return name ?? encodeURIComponent(kind);
}
