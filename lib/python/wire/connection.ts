import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

import { encodeFrame, type Frame, FrameDecoder, type FrameError, type FrameKind } from './frames.ts';

const maxControlBytes = 16 * 1024 ** 2; // schemas of a large worker

/**
 * A connection to a zygote or a child: frames in, frames out. What nobody waits for stays with the kernel, beyond a
 * chunk that has been read: so whoever writes faster than is read has to wait.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #decoder = new FrameDecoder(maxControlBytes);
  readonly #waiting: PromiseWithResolvers<Frame | undefined>[] = [];
  /** Frames that came before anybody waited for them. */
  readonly #early: Frame[] = [];
  #error: FrameError | undefined;
  /** Resolved when the connection has ended, for whatever reason. */
  readonly closed: Promise<void>;
  #onFrame: ((frame: Frame) => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', () => socket.destroy()); // its end is told by 'close'
    socket.on('close', () => {
      for (const { resolve: end } of this.#waiting.splice(0)) end(undefined);
      resolve();
    });
  }

  /** @throws the socket's own error when nobody listens at the path. */
  static async open(path: string): Promise<Connection> {
    const socket = connect(path);
    await once(socket, 'connect');
    return new Connection(socket);
  }

  /** What was wrong with the peer's frames, when that ended the connection. */
  get error(): FrameError | undefined {
    return this.#error;
  }

  /** Whether it has said something that nobody has waited for. */
  get hasSpoken(): boolean {
    return this.#early.length > 0;
  }

  get ended(): boolean {
    return this.#socket.destroyed;
  }

  /** Bounds the frames to come. */
  limitFrames(maxBytes: number): void {
    this.#decoder.maxBytes = maxBytes;
  }

  send(kind: FrameKind, payload: Uint8Array): void {
    this.#socket.write(encodeFrame(kind, payload));
  }

  sendJson(kind: FrameKind, value: unknown): void {
    this.send(kind, Buffer.from(JSON.stringify(value)));
  }

  /** From now on hands on each frame that nobody waits for by {@link Connection.next}. */
  listen(onFrame: (frame: Frame) => void): void {
    this.#onFrame = onFrame;
    for (const frame of this.#early.splice(0)) onFrame(frame);
    this.#socket.resume();
  }

  /** The next frame; undefined when the connection ends first. */
  async next(): Promise<Frame | undefined> {
    const early = this.#early.shift();
    if (early) return early;
    if (this.#socket.destroyed) return undefined;
    this.#socket.resume();
    const waiter = Promise.withResolvers<Frame | undefined>();
    this.#waiting.push(waiter);
    return waiter.promise;
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    try {
      for (const frame of this.#decoder.push(chunk)) this.#deliver(frame);
    } catch (error) {
      this.#error = error as FrameError;
      this.#socket.destroy();
    }
  }

  #deliver(frame: Frame): void {
    const waiter = this.#waiting.shift();
    if (waiter) waiter.resolve(frame);
    else if (this.#onFrame) this.#onFrame(frame);
    else {
      this.#early.push(frame);
      this.#socket.pause();
    }
  }
}
