import { expect, it } from 'vitest';

import { isMediaType, mediaTypeOf } from '../../lib/media-type/index.ts';

it.each([
  'text/plain',
  'text/plain;charset=utf-8',
  'text/plain ; charset="utf-8; \\"x\\""\t;format=flowed',
  "application/vnd.a'b+json;",
  'a/b; ;c=d',
])('takes a type and parameters as RFC 9110 has them: %j', (type) => {
  expect(isMediaType(type)).toBe(true);
  expect(mediaTypeOf(` ${type} `)).toBe(type);
});

it.each([
  '',
  'text',
  'text/',
  'text/plain/x',
  'text /plain',
  'text/plain; charset',
  'text/plain; charset = utf-8',
  'text/plain; charset="utf-8',
  'text/plain; a="\u00fc"',
  'text/plain\r\nx-evil: 1',
  `text/${'x'.repeat(251)}`,
])('takes nothing else for one: %j', (text) => {
  expect(isMediaType(text)).toBe(false);
  expect(mediaTypeOf(text)).toBe('application/octet-stream');
});

it('needs no more time for a text that is made to be ambiguous', () => {
  expect(isMediaType(`a/b${' ; '.repeat(80)}=`)).toBe(false);
});
