import { StringDecoder } from 'node:string_decoder';

import {
  entriesOf,
  maxRecordChars,
  type OutputEntry,
  type OutputStream,
  withoutUnfinished,
} from './output-records.ts';

const maxBytes = 1024 ** 2;

/** The lines that one process writes to stdout and stderr, bounded in sum; what is cut is counted. */
export class OutputLines {
  readonly #emit: (entry: OutputEntry) => void;
  readonly #open = { stdout: openLine(), stderr: openLine() };
  #bytes = 0;

  constructor(emit: (entry: OutputEntry) => void) {
    this.#emit = emit;
  }

  /** Bytes that were not logged. */
  get cutBytes(): number {
    return Math.max(0, this.#bytes - maxBytes);
  }

  write(stream: OutputStream, data: Buffer): void {
    const room = maxBytes - this.#bytes;
    this.#bytes += data.byteLength;
    if (room <= 0) return;
    const open = this.#open[stream];
    const lines = `${open.text}${open.decoder.write(data.subarray(0, room))}`.split('\n');
    open.text = (lines.pop() ?? '').slice(0, maxRecordChars);
    for (const line of lines) this.#emitLine(line, stream);
  }

  /** Emits what is left of a line without an end. */
  end(): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      const { text } = this.#open[stream];
      const line = withoutUnfinished(text); // it was cut at the bound, or with its process
      if (line) this.#emitLine(line, stream, this.cutBytes > 0 ? { message: 0 } : undefined);
      this.#open[stream] = openLine();
    }
  }

  #emitLine(line: string, stream: OutputStream, more?: OutputEntry['more']): void {
    for (const entry of entriesOf(line, stream)) this.#emit(more ? { ...entry, more } : entry);
  }
}

function openLine() {
  return { text: '', decoder: new StringDecoder('utf8') };
}
