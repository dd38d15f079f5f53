import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { execa } from 'execa';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { Connection } from '../../lib/python/wire/connection.ts';
import {
  encodeFrame,
  type Frame,
  FrameDecoder,
  FrameError,
  FrameKind,
} from '../../lib/python/wire/frames.ts';
import { repository } from '../project.ts';

const maxBytes = 4096;

const kinds = fc.constantFrom(...Object.values(FrameKind));
const frame = fc.record({
  kind: kinds,
  payload: fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes)),
});
const frames = fc.array(frame, { maxLength: 8 });

/** Cuts bytes at arbitrary places. */
function chunks(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [
    0,
    ...cuts.map((cut) => cut % (bytes.byteLength + 1)).toSorted((a, b) => a - b),
    bytes.byteLength,
  ];
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

function encodeAll(sent: readonly Frame[]): Buffer {
  return Buffer.concat(sent.map(({ kind, payload }) => encodeFrame(kind as FrameKind, payload)));
}

describe('the decoder', () => {
  it('gives the frames that were sent, however the stream is cut', () => {
    fc.assert(
      fc.property(frames, fc.array(fc.nat(), { maxLength: 12 }), (sent, cuts) => {
        const decoder = new FrameDecoder(maxBytes);
        expect(chunks(encodeAll(sent), cuts).flatMap((chunk) => decoder.push(chunk))).toEqual(sent);
      }),
    );
  });

  it('gives the whole frames of a stream that is broken off, and no other', () => {
    fc.assert(
      fc.property(frames, fc.nat(), (sent, cut) => {
        const bytes = encodeAll(sent);
        const received = new FrameDecoder(maxBytes).push(bytes.subarray(0, cut % (bytes.byteLength + 1)));
        expect(received).toEqual(sent.slice(0, received.length));
      }),
    );
  });

  it('takes any bytes for frames or refuses them, and keeps no more than it may', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), fc.array(fc.nat(), { maxLength: 6 }), (bytes, cuts) => {
        const decoder = new FrameDecoder(maxBytes);
        try {
          for (const chunk of chunks(Buffer.from(bytes), cuts))
            for (const { payload } of decoder.push(chunk))
              expect(payload.byteLength).toBeLessThanOrEqual(maxBytes);
        } catch (error) {
          expect(error).toBeInstanceOf(FrameError);
        }
      }),
    );
  });
});

describe('a connection to a hostile peer', () => {
  const folder = mkdtempSync(join(tmpdir(), 'frames-'));
  const path = join(folder, 'peer.sock');
  let server: Server;
  let write: (peer: Socket) => void;

  beforeAll(async () => {
    server = createServer((peer) => {
      peer.on('error', () => {});
      write(peer);
    }).listen(path);
    await once(server, 'listening');
  });
  afterAll(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });

  it('gives frames, then its end; never an exception or a wait without end', async () => {
    await fc.assert(
      fc.asyncProperty(
        frames,
        fc.uint8Array({ maxLength: 300 }),
        fc.boolean(),
        async (sent, garbage, broken) => {
          write = (peer) => {
            peer.write(Buffer.concat([encodeAll(sent), garbage]));
            if (broken) peer.destroy();
            else peer.end();
          };
          const connection = await Connection.open(path).catch(() => undefined);
          connection?.limitFrames(maxBytes);
          while (await connection?.next());
          await connection?.closed;
          expect(connection?.ended ?? true).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });
});

/** Reads frames from stdin to its end with the Python side's code, and says how many there were. */
const reader = `
import sys
from heady.runtime import frames
count = 0
while frames.receive(0) is not None:
    count += 1
print(count)
`;

describe('the Python side', () => {
  it('reads whole frames and takes all else for the end of the stream', async () => {
    await fc.assert(
      fc.asyncProperty(frames, fc.nat(), async (sent, cut) => {
        const bytes = encodeAll(sent);
        const input = bytes.subarray(0, cut % (bytes.byteLength + 1));
        const whole = new FrameDecoder(maxBytes).push(input).length;
        const { stdout } = await execa(join(repository, '.venv/bin/python'), ['-S', '-c', reader], {
          input,
          env: { PYTHONPATH: join(repository, 'workers') },
          timeout: 10_000,
        });
        expect(Number(stdout)).toBe(whole);
      }),
      { numRuns: 8 },
    );
  });
});
