import { describe, expect, it } from 'vitest';

import {
  encodeFrame,
  type Frame,
  FrameDecoder,
  FrameError,
  FrameKind,
} from '../../lib/python/wire/frames.ts';

const sent: Frame[] = [
  { kind: FrameKind.ready, payload: Buffer.from('{"pid":1}') },
  { kind: FrameKind.call, payload: Buffer.alloc(0) },
  { kind: FrameKind.result, payload: Buffer.from([0, 0, 0, 5, 82, 255, 10]) }, // looks like a header itself
  { kind: FrameKind.log, payload: Buffer.from('x'.repeat(300)) },
];
const stream = Buffer.concat(sent.map(({ kind, payload }) => encodeFrame(kind as FrameKind, payload)));

function decode(chunks: readonly Buffer[]): Frame[] {
  const decoder = new FrameDecoder(1024);
  return chunks.flatMap((chunk) => decoder.push(chunk));
}

describe('a stream of frames', () => {
  it('gives the same frames wherever it is cut in two', () => {
    for (let cut = 0; cut <= stream.byteLength; cut += 1)
      expect(decode([stream.subarray(0, cut), stream.subarray(cut)]), `cut at ${cut}`).toEqual(sent);
  });

  it.each([1, 2, 3, 7])('gives the same frames in chunks of %i bytes', (size) => {
    const count = Math.ceil(stream.byteLength / size);
    const chunks = Array.from({ length: count }, (_, i) => stream.subarray(i * size, (i + 1) * size));
    expect(decode(chunks)).toEqual(sent);
  });

  it('gives a frame with its last byte, not later', () => {
    const decoder = new FrameDecoder(1024);
    const frame = encodeFrame(FrameKind.call, Buffer.from('ab'));
    expect(decoder.push(frame.subarray(0, -1))).toEqual([]);
    expect(decoder.push(frame.subarray(-1))).toHaveLength(1);
  });
});

describe('a frame that is too large', () => {
  const announced = encodeFrame(FrameKind.result, Buffer.alloc(11)).subarray(0, 5);

  it('is refused by its header, before its payload comes', () => {
    const decoder = new FrameDecoder(10);
    expect(() => decoder.push(announced)).toThrow(
      expect.objectContaining({ name: 'FrameError', kind: 'R', declaredBytes: 11 }),
    );
  });

  it('is refused when its header comes in pieces', () => {
    const decoder = new FrameDecoder(10);
    expect(decoder.push(announced.subarray(0, 4))).toEqual([]);
    expect(() => decoder.push(announced.subarray(4))).toThrow(FrameError);
  });

  it('is one byte above the limit: the limit itself passes', () => {
    const decoder = new FrameDecoder(10);
    expect(decoder.push(encodeFrame(FrameKind.result, Buffer.alloc(10)))).toHaveLength(1);
  });

  it('is judged by the limit of the moment', () => {
    const decoder = new FrameDecoder(10);
    decoder.push(encodeFrame(FrameKind.ready, Buffer.alloc(1)));
    decoder.maxBytes = 11;
    expect(decoder.push(announced)).toEqual([]);
  });
});
