import { StringDecoder } from 'node:string_decoder';

const maxLineChars = 16 * 1024;
const maxBytes = 1024 ** 2;

/** The lines that one process writes to stdout and stderr, bounded in length and in sum; what is cut is counted. */
export class OutputLines {
  readonly #emit: (line: string, stream: 'stdout' | 'stderr') => void;
  readonly #open = { stdout: openLine(), stderr: openLine() };
  #bytes = 0;

  constructor(emit: (line: string, stream: 'stdout' | 'stderr') => void) {
    this.#emit = emit;
  }

  /** Bytes that were not logged. */
  get cutBytes(): number {
    return Math.max(0, this.#bytes - maxBytes);
  }

  write(stream: 'stdout' | 'stderr', data: Buffer): void {
    const room = maxBytes - this.#bytes;
    this.#bytes += data.byteLength;
    if (room <= 0) return;
    const open = this.#open[stream];
    const lines = `${open.text}${open.decoder.write(data.subarray(0, room))}`.split('\n');
    open.text = (lines.pop() ?? '').slice(0, maxLineChars);
    for (const line of lines) this.#emit(line.slice(0, maxLineChars), stream);
  }

  /** Emits what is left of a line without an end. */
  end(): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      const { text } = this.#open[stream];
      if (text) this.#emit(text, stream);
      this.#open[stream] = openLine();
    }
  }
}

function openLine() {
  return { text: '', decoder: new StringDecoder('utf8') };
}
