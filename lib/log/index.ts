import { type ConsolaInstance, createConsola, LogLevels } from 'consola';

import { redactor } from './redact.ts';
import { jsonReporter, prettyReporter } from './reporters.ts';
import { turnWriter } from './turn-writer.ts';

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
  const writeLine = turnWriter((text) => process.stdout.write(text));
  const write = (line: string) => writeLine(redact(line));
  return createConsola({
    level: LogLevels[level],
    reporters: [format === 'json' ? jsonReporter(write) : prettyReporter(write)],
    throttle: 0,
  });
}

export { redactor } from './redact.ts';
