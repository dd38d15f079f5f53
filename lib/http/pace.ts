import { Problem } from '#lib/problems';

/** A line that brings less than this in this time brings nothing: it may as well begin anew. */
const leastBytes = 1024;
const windowMs = 30_000;

interface Paced {
  /** Whether it is the client that is waited for: who writes slowly is not the client's fault. */
  readonly isWaitedFor: () => boolean;
  /** All that has come. */
  readonly bytes: () => number;
  /** Is told of a body that hardly comes. */
  readonly onSlow: (problem: Problem) => void;
}

/** Watches the pace of a body: one byte a second holds a connection, a file and its room for days. */
export function watchPace({ isWaitedFor, bytes, onSlow }: Paced): Disposable {
  let before = 0;
  const look = () => {
    if (isWaitedFor() && bytes() - before < leastBytes) onSlow(tooSlow());
    before = bytes();
  };
  const timer = setInterval(look, windowMs).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

function tooSlow(): Problem {
  return new Problem(
    'request-timeout',
    `Less than ${leastBytes} bytes of the body came in ${windowMs / 1000} s.`,
    { headers: { connection: 'close' } }, // the rest is not waited for
  );
}
