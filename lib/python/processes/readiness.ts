import type { Connection } from '../wire/connection.ts';
import { FrameKind } from '../wire/frames.ts';
import { readFailure } from '../workers/loading-messages.ts';
import { WorkerFailure } from '../workers/worker-failure.ts';
import { type Ready, readReady } from './process-messages.ts';

/**
 * What a new process says of itself once it can serve; undefined when it ended before.
 *
 * @throws {WorkerFailure} it says why it cannot serve.
 */
export async function readiness(connection: Connection): Promise<Ready | undefined> {
  const frame = await connection.next();
  if (frame?.kind === FrameKind.ready) return readReady(frame);
  const failure = readFailure(frame);
  connection.close();
  if (failure) throw new WorkerFailure(failure);
  return undefined;
}
