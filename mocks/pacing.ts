/** What comes one after the other, and how it ends: properly, by no more coming, or broken off. */
export interface Script {
  readonly pieces: Iterable<string>;
  readonly end: 'close' | 'silence' | 'break';
}

/** So many pieces go at once to a reader who is behind: enough to catch up, too few to fill the memory. */
const mostAtOnce = 32;

/**
 * A body whose pieces come so many milliseconds apart, each made when it is due. A thousand of them may be more than one
 * process can write singly; they keep their pace then by sending together what has become due, as servers do.
 *
 * The next is made only when the last was taken; a reader who leaves ends it at once.
 */
export function paced({ pieces, end }: Script, everyMs: number): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const iterator = pieces[Symbol.iterator]();
  let dueAt = performance.now();
  let timer: NodeJS.Timeout | undefined;
  return new ReadableStream(
    {
      async pull(controller) {
        const waitMs = dueAt - performance.now();
        if (waitMs > 0) await new Promise((resolve) => (timer = setTimeout(resolve, waitMs)));
        const taken = take(iterator, dueCount(dueAt, everyMs));
        dueAt += taken.length * everyMs;
        if (taken.length > 0) return controller.enqueue(encoder.encode(taken.join('')));
        if (end === 'silence') return forever;
        return end === 'close' ? controller.close() : controller.error(new Error('it breaks off here'));
      },
      cancel() {
        clearTimeout(timer);
        iterator.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}

const forever = new Promise<void>(() => undefined);

function dueCount(dueAt: number, everyMs: number): number {
  if (everyMs === 0) return mostAtOnce;
  return Math.min(mostAtOnce, 1 + Math.max(0, Math.floor((performance.now() - dueAt) / everyMs)));
}

function take(iterator: Iterator<string>, count: number): string[] {
  const taken: string[] = [];
  while (taken.length < count) {
    const { done, value } = iterator.next();
    if (done === true) break;
    taken.push(value);
  }
  return taken;
}
