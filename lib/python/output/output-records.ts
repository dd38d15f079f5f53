import { z } from 'zod';

export type OutputStream = 'stdout' | 'stderr';

/** An entry of what a process has written: a line of text, or a record of its Python code. */
export interface OutputEntry extends z.output<typeof told> {
  readonly message: string;
  readonly stream: OutputStream;
}

/** At the end of a line (RFC 7464): what follows is a JSON object that tells more of it. */
const separator = '\x1e';
const maxNameChars = 1024;
const maxTracebackChars = 64 * 1024;

const told = z.object({
  level: z.enum(['error', 'warn', 'info', 'debug']).default('info'),
  /** The line of code that it comes from, as in `workers/score.py:12`. */
  source: z.string().max(maxNameChars).optional(),
  logger: z.string().max(maxNameChars).optional(),
  traceback: z.string().max(maxTracebackChars).optional(),
  /** Where texts break off: how many more characters there were, 0 where nobody knows. */
  more: z
    .object({ message: z.int().min(0), traceback: z.int().min(0) })
    .partial()
    .optional(),
});
const record = told.extend({ text: z.string().optional() });

/** The longest line that `workers/heady/runtime/records.py` writes, should each character of it be escaped. */
export const maxRecordChars = 320 * 1024;

/**
 * The entries of one line. A process may write what it likes, so a record that is none is text; so is what others have
 * written before a record in its line.
 */
export function entriesOf(line: string, stream: OutputStream): OutputEntry[] {
  const at = line.lastIndexOf(separator);
  const read = at < 0 ? undefined : readRecord(line.slice(at + 1));
  if (!read) return [{ message: line, level: 'info', stream }];
  const { text, ...about } = read;
  const before = line.slice(0, at);
  const entry = { message: text ?? before, ...about, stream };
  return text === undefined || before === '' ? [entry] : [{ message: before, level: 'info', stream }, entry];
}

/** A line without the beginning of a record at its end. */
export function withoutUnfinished(line: string): string {
  const at = line.lastIndexOf(separator);
  return at < 0 || line.endsWith('}') || !isBeginning(line.slice(at + 1)) ? line : line.slice(0, at);
}

/** What a record begins with; the first bytes of it are the beginning of one as well. */
const beginnings = ['{"level":', '{"source":'];

function isBeginning(text: string): boolean {
  return beginnings.some((beginning) => text.startsWith(beginning) || beginning.startsWith(text));
}

function readRecord(json: string): z.output<typeof record> | undefined {
  try {
    return record.parse(JSON.parse(json));
  } catch {
    return undefined;
  }
}
