import type { GivenTexts, RequestFacts } from '../calls/call.ts';
import type { Limits } from '../calls/limits.ts';
import type { Parts } from '../calls/parts.ts';

/** What the child is told of its call. */
export interface CallOrder {
  readonly invocationId: string;
  readonly requestId: string;
  readonly function: string;
  /** Whether the items of a generator are to be sent one by one. */
  readonly stream: boolean;
  /** Arguments that do not come as JSON; the files are in the child's directory. */
  readonly parts?: Parts;
  /** Files in place of the texts that are their keys, wherever these come: by argument, in the order of the texts. */
  readonly stored?: Parts;
  readonly given?: GivenTexts;
  readonly request?: RequestFacts;
  /** Beside the interpreter's own, all that the function's process has. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The length of the order (4 bytes, big-endian), the order as JSON, the arguments as they came. */
export function encodeCall(order: CallOrder, input: Uint8Array, { timeoutMs, outputBytes }: Limits): Buffer {
  const json = Buffer.from(JSON.stringify({ ...order, timeoutSeconds: timeoutMs / 1000, outputBytes }));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.byteLength);
  return Buffer.concat([length, json, input]);
}
