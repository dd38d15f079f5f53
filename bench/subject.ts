/** The request that every subject answers, and its answer. */
export const input = JSON.stringify({ value: 'hello' });
const expected = JSON.stringify('hello');

/** One way to have a Python function called: what the benchmark compares. */
export interface Subject extends AsyncDisposable {
  /** One call, from the request to its answer. @throws when the answer is not the right one. */
  call(): Promise<void>;
}

/** A call that takes longer is given up, so that a benchmark ends whatever happens. */
export const callTimeoutMs = 30_000;

export function checkAnswer(answer: string, how: string): void {
  if (answer.trim() !== expected) throw new Error(`expected ${expected}, got ${how}: ${answer}`);
}
