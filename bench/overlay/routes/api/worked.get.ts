import { pbkdf2Sync } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { defineRoute } from '#lib/http';

const pieces = 4;
/** About a millisecond's. */
const iterations = 3500;

/**
 * What a route does that reads and writes records: some milliseconds of work, a piece of it each time that something
 * has come. A client with one core can send ten times what a server gets done of it, which it could not of less.
 */
export default defineRoute({
  handler: async () => {
    let digest = 'flood';
    for (let piece = 0; piece < pieces; piece += 1) {
      digest = pbkdf2Sync(digest, 'salt', iterations, 32, 'sha256').toString('hex');
      await nextTurn();
    }
    return { digest };
  },
});
