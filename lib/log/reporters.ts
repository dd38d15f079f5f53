import type { ConsolaReporter, LogObject } from 'consola';
import { colors } from 'consola/utils';

type Write = (line: string) => void;

/** One JSON object a line: `time`, `level`, `message`, then the fields of the entry. */
export function jsonReporter(write: Write): ConsolaReporter {
  return {
    log: (entry) => {
      const { message, ...fields } = contentOf(entry);
      write(jsonLine({ date: entry.date, level: levelOf(entry), message }, fields));
    },
  };
}

interface EntryHead {
  readonly date: Date;
  readonly level: string;
  readonly message: string;
}

/** An entry as `jsonReporter` writes it. */
export function jsonLine({ date, level, message }: EntryHead, fields: object): string {
  const head = `{"time":"${isoTime(date.getTime())}","level":"${level}","message":${JSON.stringify(message)}`;
  const rest = JSON.stringify(fields).slice(1);
  return rest === '}' ? `${head}}` : `${head},${rest}`;
}

/** Many lines are of the same millisecond, and to write a date takes as long as to write the rest of a line. */
const isoTime = keepingLast((ms) => new Date(ms).toISOString());

function keepingLast(format: (ms: number) => string): (ms: number) => string {
  let last = { ms: NaN, text: '' };
  return (ms) => {
    if (ms !== last.ms) last = { ms, text: format(ms) };
    return last.text;
  };
}

/** Lines for a person: time, level, message, then the fields as `key=value`; a traceback as it is, below. */
export function prettyReporter(write: Write): ConsolaReporter {
  return {
    log: (entry) => {
      const { message, traceback, ...fields } = contentOf(entry);
      const time = colors.dim(entry.date.toTimeString().slice(0, 8));
      write(
        `${time} ${colored(levelOf(entry))} ${shown(message)}${colors.dim(pairs(fields))}${below(traceback)}`,
      );
    },
  };
}

/**
 * Lines for the person who has called a function: what Python code says, as it says it, with level and place only where
 * something is amiss. How the call went, and why code does not load, is for the caller to say.
 */
export function plainReporter(write: Write): ConsolaReporter {
  return {
    log: (entry) => {
      const { message, stream, source, traceback } = contentOf(entry);
      if (stream === undefined && (message === 'invocation' || traceback !== undefined)) return;
      const level = levelOf(entry);
      const place = typeof source === 'string' ? colors.dim(` ${source}`) : '';
      const line = level === 'info' ? message : `${colored(level)} ${message}${place}`;
      write(`${line}${below(traceback)}`);
    },
  };
}

/** What consola itself keeps in an entry, beside the entry's own fields. */
const ofConsola = new Set(['args', 'date', 'level', 'type', 'tag']);

/** The message and the fields of an entry. A loop: rest syntax is slow for an object of this size. */
function contentOf(entry: LogObject): { message: string } & Record<string, unknown> {
  const message = entry.args.map((part) => String(told(part))).join(' ');
  const content: { message: string } & Record<string, unknown> = { message };
  if (entry.tag) content.tag = entry.tag;
  for (const [name, value] of Object.entries(entry)) if (!ofConsola.has(name)) content[name] = told(value);
  return content;
}

/** An error has no fields of its own that JSON would show. */
function told(value: unknown): unknown {
  return value instanceof Error ? (value.stack ?? value.message) : value;
}

function levelOf({ type }: LogObject): string {
  return type === 'fatal' ? 'error' : ['error', 'warn', 'debug'].includes(type) ? type : 'info';
}

function colored(level: string): string {
  const color = { error: colors.red, warn: colors.yellow, debug: colors.dim }[level] ?? colors.cyan;
  return color(level.padEnd(5));
}

/** A traceback as the lines that follow an entry's own. */
function below(traceback: unknown): string {
  if (typeof traceback !== 'string' || traceback === '') return '';
  return `\n${traceback.trimEnd().replaceAll(/^(?=.)/gm, '  ')}`;
}

/** As a terminal may have it: further lines are seen to belong to the first, and nothing controls it. */
function shown(text: string): string {
  return text
    .replaceAll(
      /(?![\n\t])[\p{Cc}\p{Bidi_Control}]/gu,
      (control) => `\\u${control.codePointAt(0)?.toString(16).padStart(4, '0')}`,
    )
    .replaceAll('\n', '\n    ');
}

function pairs(fields: Record<string, unknown>): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(
      ([key, value]) => ` ${key}=${shown(typeof value === 'object' ? JSON.stringify(value) : String(value))}`,
    )
    .join('');
}
