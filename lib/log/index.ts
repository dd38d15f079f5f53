import { type ConsolaInstance, createConsola, LogLevels } from 'consola';

import { redactor } from './redact.ts';
import { jsonReporter, prettyReporter } from './reporters.ts';

/**
 * A logger. An entry is a message with fields: `log.info({ message: 'request', status: 200 })`; an error is given as
 * the field `error` or as the message itself.
 */
export type Log = ConsolaInstance;

export interface LogOptions {
  readonly format: 'json' | 'pretty';
  readonly level: 'error' | 'warn' | 'info' | 'debug';
  /** Values that are masked wherever they stand in a line. */
  readonly secrets: ReadonlyMap<string, string>;
}

/** Makes the service's logger, which writes to stdout. */
export function createLog({ format, level, secrets }: LogOptions): Log {
  const redact = redactor(secrets);
  const write = (line: string) => writeLine(redact(line));
  return createConsola({
    level: LogLevels[level],
    reporters: [format === 'json' ? jsonReporter(write) : prettyReporter(write)],
    throttle: 0,
  });
}

let waiting = '';

/**
 * Writes a line at the end of this turn of the event loop, with all others of the turn: writing to a pipe or a file
 * waits for the kernel, which costs as much as the rest of a small request.
 */
function writeLine(line: string): void {
  if (waiting === '') setImmediate(flush);
  waiting += `${line}\n`;
}

function flush(): void {
  const lines = waiting;
  waiting = '';
  if (lines !== '') process.stdout.write(lines);
}

process.on('exit', flush);

export { redactor } from './redact.ts';
