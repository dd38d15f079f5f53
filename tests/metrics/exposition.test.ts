import { expect, it } from 'vitest';

import { parseExposition } from './exposition.ts';

const counter = '# HELP a_total Counts.\n# TYPE a_total counter\n';
const histogram = '# HELP a_seconds Times.\n# TYPE a_seconds histogram\n';

it('reads families', () => {
  const text = `${counter}a_total{b="x",c="\\"}{,\\n"} 2\n\n# HELP d Is.\n# TYPE d gauge\nd -1.5e-7\n`;
  expect(parseExposition(text)).toEqual(
    new Map([
      [
        'a_total',
        { type: 'counter', help: 'Counts.', samples: new Map([['a_total{b="x",c="\\"}{,\\n"}', 2]]) },
      ],
      ['d', { type: 'gauge', help: 'Is.', samples: new Map([['d', -1.5e-7]]) }],
    ]),
  );
});

it.each([
  ['an open last line', `${counter}a_total 1`],
  ['a sample without a family', 'a_total 1\n'],
  ['a type without help', '# TYPE a_total counter\na_total 1\n'],
  ['a type that there is not', '# HELP a_total Counts.\n# TYPE a_total count\n'],
  ['a family that comes twice', `${counter}${counter}`],
  ['a sample of another family', `${counter}b_total 1\n`],
  ['a series that comes twice', `${counter}a_total{b="1",c="2"} 1\na_total{c="2",b="1"} 1\n`],
  ['a label that comes twice', `${counter}a_total{b="1",b="2"} 1\n`],
  ['an open label', `${counter}a_total{b="1} 1\n`],
  ['a bad name', `${counter}a-total 1\n`],
  ['no number', `${counter}a_total NaN\n`],
  ['a negative count', `${counter}a_total -1\n`],
  ['a bare sample of a histogram', `${histogram}a_seconds 1\n`],
  [
    'buckets that shrink',
    `${histogram}a_seconds_bucket{le="1"} 2\na_seconds_bucket{le="+Inf"} 1\na_seconds_count 1\n`,
  ],
  ['no last bucket', `${histogram}a_seconds_bucket{le="1"} 2\na_seconds_count 2\n`],
  ['another count', `${histogram}a_seconds_bucket{le="+Inf"} 2\na_seconds_count 3\n`],
])('refuses %s', (_what, text) => {
  expect(() => parseExposition(text)).toThrow(/./);
});
