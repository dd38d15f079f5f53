import { type ConsolaInstance, createConsola, LogLevels } from 'consola';

import type { KeptLines } from './kept-lines.ts';
import type { Redactor } from './redact.ts';
import { jsonLine, jsonReporter, plainReporter, prettyReporter } from './reporters.ts';
import { turnWriter } from './turn-writer.ts';

/**
 * A logger. An entry is a message with fields: `log.info({ message: 'request', status: 200 })`; an error is given as
 * the field `error` or as the message itself.
 */
export type Log = ConsolaInstance;

/** The service's own. */
export interface ServiceLog extends Log {
  /** Writes an entry of a kind of which there are very many: without what consola does for each. */
  line(level: 'error' | 'info', message: string, fields: object): void;
}

export interface LogOptions {
  readonly format: keyof typeof reporters;
  /** Where the lines go; stdout where it is not given. */
  readonly stream?: NodeJS.WritableStream;
  /** Has the lines as well, as JSON. */
  readonly kept?: KeptLines | undefined;
  readonly level: 'error' | 'warn' | 'info' | 'debug';
  readonly redactor: Redactor;
}

/** Ways to write an entry. */
const reporters = { json: jsonReporter, pretty: prettyReporter, plain: plainReporter };

/** Makes the service's logger. */
export function createLog({
  format,
  level,
  redactor,
  kept,
  stream = process.stdout,
}: LogOptions): ServiceLog {
  const masked = (write: (text: string) => void) => turnWriter((lines) => write(redactor.mask(lines)));
  const shown = masked((text) => stream.write(text));
  const keep = kept && masked((text) => kept.write(text));
  const log = createConsola({
    level: LogLevels[level],
    reporters: [reporters[format](shown), ...(keep ? [jsonReporter(keep)] : [])],
    throttle: 0,
  });
  const line: ServiceLog['line'] = (severity, message, fields) => {
    if (LogLevels[severity] > log.level) return;
    if (format !== 'json') return log[severity]({ message, ...fields });
    const text = jsonLine({ date: new Date(), level: severity, message }, fields);
    shown(text);
    keep?.(text);
  };
  return Object.assign(log, { line });
}

export { KeptLines } from './kept-lines.ts';
export { Redactor } from './redact.ts';
