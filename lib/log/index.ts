import { type ConsolaInstance, createConsola, LogLevels } from 'consola';

import type { KeptLines } from './kept-lines.ts';
import { Redactor } from './redact.ts';
import { jsonReporter, plainReporter, prettyReporter } from './reporters.ts';
import { turnWriter } from './turn-writer.ts';

/**
 * A logger. An entry is a message with fields: `log.info({ message: 'request', status: 200 })`; an error is given as
 * the field `error` or as the message itself.
 */
export type Log = ConsolaInstance;

export interface LogOptions {
  readonly format: keyof typeof reporters;
  /** Where the lines go; stdout where it is not given. */
  readonly stream?: NodeJS.WritableStream;
  /** Has the lines as well, as JSON. */
  readonly kept?: KeptLines | undefined;
  readonly level: 'error' | 'warn' | 'info' | 'debug';
  /** Values that are masked wherever they stand in a line. */
  readonly secrets: ReadonlyMap<string, string>;
}

/** Ways to write an entry. */
const reporters = { json: jsonReporter, pretty: prettyReporter, plain: plainReporter };

/** Makes the service's logger. */
export function createLog({ format, level, secrets, kept, stream = process.stdout }: LogOptions): Log {
  const redactor = new Redactor(secrets);
  const masked = (write: (text: string) => void) => {
    const writeLine = turnWriter(write);
    return (line: string) => writeLine(redactor.mask(line));
  };
  const shown = reporters[format](masked((text) => stream.write(text)));
  const keeping = kept ? [jsonReporter(masked((text) => kept.write(text)))] : [];
  return createConsola({
    level: LogLevels[level],
    reporters: [shown, ...keeping],
    throttle: 0,
  });
}

export { KeptLines } from './kept-lines.ts';
export { Redactor } from './redact.ts';
