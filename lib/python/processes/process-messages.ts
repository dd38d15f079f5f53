import { constants } from 'node:os';

import type { Frame } from '../wire/frames.ts';

/** What a process says of itself when it waits for its order. */
export interface Ready {
  readonly pid: number;
  /** Whether the call that it has served last may have written to its stdout or stderr. */
  readonly wrote: boolean;
  /** Its working directory, which is its temporary directory. */
  readonly directory: string;
  /** What it has looked for below the import root since it said so last. */
  readonly imports: readonly string[];
}

/** @throws {RangeError} a process has written nonsense. */
export function readReady({ payload }: Frame): Ready {
  const [directory = '', ...imports] = payload.toString('utf8', 5).split('\0');
  return { pid: payload.readUInt32BE(0), wrote: payload.readUInt8(4) !== 0, directory, imports };
}

/** How a process ended and what it used, as its zygote tells. */
export interface Exit {
  readonly pid: number;
  /** As `os.waitstatus_to_exitcode`: an exit status, or the negative of a signal's number. */
  readonly status: number;
  readonly cpuMs: number;
  readonly minorFaults: number;
  readonly maxRssBytes: number;
  /** A temporary directory that the zygote gives up, as it was not left empty. */
  readonly leftover: string | undefined;
}

export function readExit({ payload }: Frame): Exit {
  return {
    pid: payload.readUInt32BE(0),
    status: payload.readInt32BE(4),
    cpuMs: Number(payload.readBigUInt64BE(8)) / 1000,
    minorFaults: Number(payload.readBigUInt64BE(16)),
    maxRssBytes: Number(payload.readBigUInt64BE(24)) * 1024,
    leftover: payload.toString('utf8', 32) || undefined,
  };
}

/** A status for a person: `exit status 3`, `signal SIGSEGV`. */
export function describeStatus(status: number): string {
  if (status >= 0) return `exit status ${status}`;
  const name = Object.entries(constants.signals).find(([, number]) => number === -status)?.[0];
  return `signal ${name ?? -status}`;
}

export interface LogChunk {
  readonly pid: number;
  readonly stream: 'stdout' | 'stderr';
  readonly data: Buffer;
}

export function readLogChunk({ payload }: Frame): LogChunk {
  return {
    pid: payload.readUInt32BE(0),
    stream: payload.readUInt8(4) === 1 ? 'stdout' : 'stderr',
    data: payload.subarray(5),
  };
}
