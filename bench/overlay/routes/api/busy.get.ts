import { pbkdf2Sync } from 'node:crypto';

import { defineRoute } from '#lib/http';

/** Some milliseconds of work on the event loop: a flood of it can be made by a client that has one core. */
const iterations = 5000;

export default defineRoute({
  handler: () => ({ digest: pbkdf2Sync('flood', 'salt', iterations, 32, 'sha256').toString('hex') }),
});
