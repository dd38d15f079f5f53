import { fstatSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { addAbortSignal } from 'node:stream';
import { buffer } from 'node:stream/consumers';

import { UsageError } from './usage-error.ts';

/** The arguments of a call: a JSON object, as bytes, and where they come from. */
export interface Input {
  readonly source: string;
  readonly read: () => Promise<Uint8Array>;
}

/** How long stdin may be silent before a line says that it is waited for. */
const patienceMs = 1000;

/**
 * The input that `--input` names: JSON, `@` and a file's path, or `-` for stdin, which is also meant where the option is
 * not given and something is piped in. A file is read whenever the input is, stdin once.
 *
 * @throws {AbortError} while stdin is read.
 */
export async function openInput(given: string | undefined, signal: AbortSignal): Promise<Input> {
  if (given === '-' || (given === undefined && isPiped())) {
    const bytes = await readStdin(signal);
    return { source: 'stdin', read: async () => bytes };
  }
  if (given?.startsWith('@')) return { source: given, read: async () => readInputFile(given.slice(1)) };
  const bytes = orNothing(Buffer.from(given ?? ''));
  return { source: '--input', read: async () => bytes };
}

function isPiped(): boolean {
  const stdin = fstatSync(0);
  return stdin.isFIFO() || stdin.isSocket() || stdin.isFile();
}

async function readStdin(signal: AbortSignal): Promise<Uint8Array> {
  const waiting = setTimeout(() => console.error('Reading the input from stdin …'), patienceMs);
  try {
    return orNothing(await buffer(addAbortSignal(signal, process.stdin)));
  } finally {
    clearTimeout(waiting);
  }
}

/** @throws {UsageError} */
async function readInputFile(path: string): Promise<Uint8Array> {
  const from = process.env.INIT_CWD ?? process.cwd(); // npm runs scripts in the project's root
  try {
    return orNothing(await readFile(resolve(from, path)));
  } catch (error) {
    throw new UsageError(`@${path} cannot be read: ${(error as Error).message}.`);
  }
}

/** No text is no arguments. */
function orNothing(bytes: Buffer): Uint8Array {
  return bytes.toString().trim() === '' ? Buffer.from('{}') : bytes;
}
