import { z } from 'zod';

import { type Frame, FrameKind } from '../wire/frames.ts';
import { readMessage } from '../wire/messages.ts';
import { describedFunction } from './described-function.ts';

/** How a worker's processes are made, and why not in the quickest way, libc's fork, where they are not. */
const forkWay = z.object({ way: z.enum(['libc', 'os', 'none']), why: z.string().nullable() });

export type ForkWay = z.output<typeof forkWay>;

/** The names of modules that were looked for below the import root, whether or not they were there. */
const moduleNames = z.array(z.string());

export const loadedMessage = z.object({
  functions: z.array(describedFunction),
  fork: forkWay,
  imports: moduleNames,
});

export type LoadedMessage = z.output<typeof loadedMessage>;

/** The variables that a worker's file is to have when it is imported. */
export const needsMessage = z.array(z.string());

const failedMessage = z.object({
  message: z.string(),
  file: z.string(),
  line: z.number().nullable(),
  traceback: z.string(),
  /** What it had imported until then, where it is an import that has failed. */
  imports: moduleNames.optional(),
});

export type Failure = z.output<typeof failedMessage>;

/** Why a process cannot serve, where that is what it says. */
export function readFailure(frame: Frame | undefined): Failure | undefined {
  return frame?.kind === FrameKind.failed ? readMessage(failedMessage, frame) : undefined;
}
