import { stripVTControlCharacters } from 'node:util';

import { createConsola } from 'consola';
import { expect, it } from 'vitest';

import { prettyReporter } from '../../lib/log/reporters.ts';

it('shows what is said so that it cannot pass for another line, nor control a terminal', () => {
  const lines: string[] = [];
  const log = createConsola({
    level: 4,
    throttle: 0,
    reporters: [prettyReporter((line) => lines.push(line))],
  });
  log.info({ message: 'one\n12:00:00 error two\u001b]0;title\u0007\u202e', field: 'a\nb' });
  const [line = ''] = lines;
  expect(stripVTControlCharacters(line).replace(/^\S+ /, '')).toBe(
    'info  one\n    12:00:00 error two\\u001b]0;title\\u0007\\u202e field=a\n    b',
  );
});
