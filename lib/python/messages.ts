import { constants } from 'node:os';

import { z } from 'zod';

import type { FunctionResponse } from './call.ts';
import { type Frame, FrameKind } from './frames.ts';

/** What a child process says of itself and a zygote says of its children: the schemas of their JSON frames. */

const jsonSchema = z.record(z.string(), z.unknown());

/** What a function declares by `@function`; null where the service's default holds. */
const declaration = z.object({
  timeoutSeconds: z.number().nullable(),
  cpuSeconds: z.number().nullable(),
  memoryBytes: z.number().nullable(),
  outputBytes: z.number().nullable(),
  diskBytes: z.number().nullable(),
  processes: z.int().nullable(),
  concurrency: z.int().nullable(),
  queue: z.int().nullable(),
  isolation: z.enum(['request', 'reuse', 'spawn']).nullable(),
  maxRequests: z.int().nullable(),
  idleSeconds: z.number().nullable(),
  warm: z.boolean(),
  graceSeconds: z.number().nullable(),
  secrets: z.array(z.string()),
  secretsAtImport: z.array(z.string()),
  reads: z.array(z.string()),
  shm: z.boolean(),
  unix: z.boolean(),
  access: z.enum(['public', 'private']).nullable(),
});

export type Declaration = z.output<typeof declaration>;

export const describedFunction = z.object({
  name: z.string(),
  description: z.string().nullable(),
  /** Why it cannot be called, where its type hints are at fault. */
  error: z.string().nullable(),
  input: jsonSchema.nullable(),
  output: jsonSchema.nullable(),
  /** The schema of one item of a generator; `output` is of the list of them. Null for any other function. */
  item: jsonSchema.nullable(),
  /** Whether it asks for a `Context`. */
  context: z.boolean(),
  declared: declaration,
  /** Which of the worker's sockets gives a process for it: those of one profile serve any of its functions. */
  profile: z.int(),
  /** Whether such a process waits for variables before it is ready. */
  prepared: z.boolean(),
  /** Whether it has an interpreter of its own, instead of being forked. */
  spawned: z.boolean(),
});

export type DescribedFunction = z.output<typeof describedFunction>;

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

/** What concerns the connection, or is the server's own: no function sets it, whatever its process sends. */
const reserved =
  /^(?:connection|content-length|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|x-request-id)$/i;
const fieldName = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/)
  .refine((name) => !reserved.test(name));
const fieldValue = z.string().regex(/^[\t\x20-\x7e\x80-\xff]*$/);

const answerHead = z.object({
  status: z.int().min(200).max(599),
  headers: z.array(z.tuple([fieldName, fieldValue])),
});

/** What an endpoint answers; undefined when a child has written nonsense. */
export function readAnswer({ payload }: Frame): FunctionResponse | undefined {
  try {
    const end = 4 + payload.readUInt32BE(0);
    const head = answerHead.parse(JSON.parse(payload.toString('utf8', 4, end)));
    return { ...head, body: payload.subarray(end) };
  } catch {
    return undefined;
  }
}

export const errorMessage = z.object({
  code: z.enum([
    'invalid-input',
    'malformed-body',
    'worker-error',
    'http-error',
    'worker-memory-exceeded',
    'worker-disk-exceeded',
    'worker-output-too-large',
  ]),
  detail: z.string(),
  errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
  traceback: z.string().optional(),
  /** The user's own line at which it was raised. */
  source: z.string().nullish(),
  used: z.number().nullish(),
  /** Of `http-error`. */
  status: z.int().min(400).max(599).optional(),
  headers: z.record(fieldName, fieldValue).optional(),
});

export type ChildError = z.output<typeof errorMessage>;

/** A file that a function returns. */
export const fileMessage = z.object({
  path: z.string(),
  /** Whether it was put in the temporary directory only to be returned. */
  copied: z.boolean(),
  name: z.string().min(1),
  type: z.string().regex(/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:\s*;[\t\x20-\x7e]*)?$/),
});

export type FileMessage = z.output<typeof fileMessage>;

/** A frame's JSON, checked; undefined when a child has written nonsense. */
export function readMessage<T extends z.ZodType>(schema: T, { payload }: Frame): z.output<T> | undefined {
  try {
    return schema.parse(JSON.parse(payload.toString('utf8')));
  } catch {
    return undefined;
  }
}

/** Why a process cannot serve, where that is what it says. */
export function readFailure(frame: Frame | undefined): Failure | undefined {
  return frame?.kind === FrameKind.failed ? readMessage(failedMessage, frame) : undefined;
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
