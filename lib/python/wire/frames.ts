/**
 * Frames on the engine's unix sockets: length of the payload (4 bytes, big-endian), kind (1 byte), payload. The other
 * half is `workers/heady/runtime/frames.py`.
 */
export const FrameKind = {
  open: 'O',
  spawn: 'S',
  prepare: 'P',
  call: 'C',
  draining: 'D',
  kill: 'K',
  terminate: 'T',
  sync: 'Y',
  loaded: 'W',
  needs: 'N',
  failed: 'U',
  ready: 'H',
  result: 'R',
  answer: 'A',
  file: 'F',
  stream: 'B',
  item: 'I',
  error: 'E',
  exited: 'X',
  log: 'L',
} as const;

export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind];

export interface Frame {
  readonly kind: string;
  readonly payload: Buffer;
}

/** A peer that announces a larger payload than it may. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
  readonly kind: string;
  readonly declaredBytes: number;

  constructor(kind: string, declaredBytes: number) {
    super(`a frame of kind ${JSON.stringify(kind)} with ${declaredBytes} bytes`);
    this.kind = kind;
    this.declaredBytes = declaredBytes;
  }
}

const headerBytes = 5;

export function encodeFrame(kind: FrameKind, payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(headerBytes + payload.byteLength);
  frame.writeUInt32BE(payload.byteLength, 0);
  frame.write(kind, 4, 'latin1');
  frame.set(payload, headerBytes);
  return frame;
}

/** Puts frames together from chunks, however the stream cuts them. */
export class FrameDecoder {
  /** The largest payload that is taken; may be lowered or raised between frames. */
  maxBytes: number;
  #chunks: Buffer[] = [];
  #buffered = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /**
   * The frames that the chunk completes.
   *
   * @throws {FrameError} a payload is announced that is larger than `maxBytes`.
   */
  push(chunk: Buffer): Frame[] {
    this.#chunks.push(chunk);
    this.#buffered += chunk.byteLength;
    const frames: Frame[] = [];
    for (let frame = this.#take(); frame; frame = this.#take()) frames.push(frame);
    return frames;
  }

  #take(): Frame | undefined {
    if (this.#buffered < headerBytes) return undefined;
    const header = this.#peekHeader();
    const length = header.readUInt32BE(0);
    if (length > this.maxBytes) throw new FrameError(header.toString('latin1', 4, headerBytes), length);
    if (this.#buffered < headerBytes + length) return undefined;
    const all = this.#chunks.length === 1 ? (this.#chunks[0] ?? header) : Buffer.concat(this.#chunks);
    const end = headerBytes + length;
    this.#chunks = end === all.byteLength ? [] : [all.subarray(end)];
    this.#buffered -= end;
    return { kind: all.toString('latin1', 4, headerBytes), payload: all.subarray(headerBytes, end) };
  }

  /** Joins chunks only until they hold a header, so that a large payload is copied once, when it is whole. */
  #peekHeader(): Buffer {
    const [first] = this.#chunks;
    if (first && first.byteLength >= headerBytes) return first;
    this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#peekHeader();
  }
}
