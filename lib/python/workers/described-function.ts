import { z } from 'zod';

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

/** What a zygote says of a function of its file. */
export const describedFunction = z.object({
  name: z.string(),
  description: z.string().nullable(),
  /** Why it cannot be called, where its type hints are at fault. */
  error: z.string().nullable(),
  input: jsonSchema.nullable(),
  output: jsonSchema.nullable(),
  /** The schema of one item of a generator; `output` is of the list of them. Null for any other function. */
  item: jsonSchema.nullable(),
  /** The names of the parameters for which a text is the key of a stored file. */
  files: z.array(z.string()),
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
