import { readFileSync } from 'node:fs';

import { expect, it } from 'vitest';

import { makeTranscript, page } from './transcript.ts';

/** What of a page does not depend on the version of Python: the code, and what is called. */
function stable(text: string): string[] {
  return [...text.matchAll(/^```python\n.*?^```$|^\$ .*$/gms)].map(([part]) => part);
}

it('is what comes of adding a worker, breaking it and mending it', async () => {
  const made = await makeTranscript();
  const kept = readFileSync(page, 'utf8');
  expect(stable(made)).toEqual(stable(kept));
  expect(made.split('```').length).toBe(kept.split('```').length);
});
