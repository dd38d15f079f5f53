import { once } from 'node:events';

/**
 * Writes to stdout, piece by piece as its reader takes them.
 *
 * @throws {AbortError} the signal has aborted, as it does when there is no reader any more.
 */
export async function print(pieces: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
  for await (const piece of pieces) {
    signal.throwIfAborted();
    if (!process.stdout.write(piece)) await once(process.stdout, 'drain', { signal });
  }
}
