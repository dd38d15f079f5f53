import type { Failure } from './loading-messages.ts';

/** A worker file does not import, or its processes do not come to the point where they could serve. */
export class WorkerFailure extends Error {
  override readonly name = 'WorkerFailure';
  readonly traceback: string;
  /** The line of code where it happened, where one is known. */
  readonly source: string | undefined;
  /** The shared modules that had been looked for by then, where that is known. */
  readonly imports: readonly string[] | undefined;

  constructor({ message, file, line, traceback, imports }: Failure) {
    const known = file.replace(/^.*?\/(?=(?:workers|routes)\/)/, ''); // as the user knows it
    const where = line === null ? known : `${known}, line ${line}`;
    super(where ? `${message} (${where})` : message);
    this.traceback = traceback;
    this.source = where && line !== null ? `${known}:${line}` : undefined;
    this.imports = imports;
  }
}
