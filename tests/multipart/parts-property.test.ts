import { Readable } from 'node:stream';

import * as fc from 'fast-check';
import { expect, it } from 'vitest';

import { Form } from '../../lib/multipart/form.ts';
import { takeParts } from '../../lib/multipart/parts.ts';
import { contentOf } from '../storage/contract.ts';

const boundary = 'a-b';
const delimiter = `\r\n--${boundary}`;

/** Content of pieces of what the parser looks for, but never the whole. */
const content = fc
  .array(fc.constantFrom('\r', '\n', '-', '--', '\r\n', '\r\n--', '\r\n--a', '--a-b', 'x', 'é', '\0'), {
    maxLength: 30,
  })
  .map((texts) => texts.join(''))
  .filter((text) => !`\r\n${text}\r\n--`.includes(delimiter));
const part = fc.record({ isFile: fc.boolean(), content });

/** Cuts bytes at arbitrary places: each piece in memory of its own, as requests come, or all in one. */
function* pieces(bytes: Buffer, cuts: readonly number[], own: boolean): Generator<Buffer> {
  const places = [...cuts.map((cut) => cut % bytes.length), bytes.length].toSorted((a, b) => a - b);
  let start = 0;
  for (const end of places.filter((place) => place > 0)) {
    const piece = bytes.subarray(start, end);
    yield own ? Buffer.from(new Uint8Array(piece).buffer) : piece;
    start = end;
  }
}

it('gives the parts that were sent, however the body is cut', async () => {
  const cases = fc.asyncProperty(
    fc.array(part, { maxLength: 5 }),
    fc.array(fc.nat(), { maxLength: 12 }),
    fc.boolean(),
    async (sent, cuts, own) => {
      const files: [string, string][] = [];
      const form = new Form(async ({ field, content: bytes }) => {
        files.push([field, String(await contentOf(bytes))]);
      }, 1024 ** 2);
      const encoded = sent.map(
        ({ isFile, content: text }, index) =>
          `--${boundary}\r\ncontent-disposition: form-data; name=${index}${isFile ? '; filename=f' : ''}\r\n\r\n${text}\r\n`,
      );
      const bytes = Buffer.from(`${encoded.join('')}--${boundary}--\r\n`);
      const body = Readable.from(pieces(bytes, cuts, own), { objectMode: false });
      await takeParts(body, {
        boundary,
        maxParts: 10,
        maxBytes: 1024 ** 2,
        take: (taken) => form.take(taken),
      });
      const fields = [...form.fields].map(([field, values]) => [field, values.join()] as const);
      const received = [...files, ...fields].toSorted(([a], [b]) => Number(a) - Number(b));
      expect(received).toEqual(sent.map(({ content: text }, index) => [String(index), text]));
    },
  );
  await fc.assert(cases, { numRuns: 300 });
});

it('refuses any other bytes, or takes them, and always ends', async () => {
  const token = fc.constantFrom(
    `--${boundary}`,
    `\r\n--${boundary}`,
    '--',
    '\r\n',
    '\r\n\r\n',
    'content-disposition: form-data; name=a',
    'content-disposition: form-data; name=a; filename=b\r\n\r\n',
    ':',
    'x',
  );
  const cases = fc.asyncProperty(
    fc.array(token, { maxLength: 25 }),
    fc.array(fc.nat(), { maxLength: 5 }),
    async (tokens, cuts) => {
      const form = new Form(async ({ content: bytes }) => void (await contentOf(bytes)), 1024 ** 2);
      const bytes = Buffer.from(`${tokens.join('')} `);
      const body = Readable.from(pieces(bytes, cuts, true), { objectMode: false });
      const taking = takeParts(body, {
        boundary,
        maxParts: 10,
        maxBytes: 1024 ** 2,
        take: (p) => form.take(p),
      });
      const outcome = await taking.then(
        () => 'taken',
        (error: Error) => error.name,
      );
      expect(['taken', 'Problem']).toContain(outcome);
    },
  );
  await fc.assert(cases, { numRuns: 500 });
});
