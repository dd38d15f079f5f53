import type { Attempted, Reader } from './dispatch.ts';
import type { Bytes, BackendName, Json } from './operation.ts';
import { eventsOf } from './transport/events.ts';
import type { TokenUsage } from './usage/tokens.ts';

/** Who has answered. */
export interface Answerer {
  readonly backend: BackendName;
  readonly model: string;
}

/** A whole answer. */
export interface Answer extends Answerer {
  readonly body: { readonly json: Json } | Bytes;
  readonly usage: TokenUsage;
}

/** An answer that comes in pieces: the events, each as JSON. Leaving the loop ends the backend's work. */
export interface StreamedAnswer extends Answerer {
  readonly events: AsyncIterableIterator<Json>;
}

export type Whole = { readonly json: Json; readonly said: Json } | Bytes;

/** Reads an answer whole: JSON in the form of the operation, or what is no JSON as it is. */
export const readWhole: Reader<Whole> = async (response, { line: { transport }, exchange, signal }) => {
  const type = response.headers.get('content-type') ?? '';
  if (exchange.isMedia && /^(?:image|audio|video)\//i.test(type))
    return { bytes: await transport.readBytes(response, signal), type };
  const said = await transport.readJson(response, signal);
  try {
    return { json: exchange.read(said), said };
  } catch (cause) {
    throw transport.malformed('an answer of another form than was asked for', cause);
  }
};

/** Reads an answer up to its first event: until then it may be asked for again. */
export const readFirst: Reader<FirstEvent> = async (response, { line: { transport }, signal }) => {
  const events = eventsOf(response, { transport, signal });
  return { first: await events.next(), events };
};

export interface FirstEvent {
  readonly first: IteratorResult<Json, void>;
  readonly events: AsyncGenerator<Json, void>;
}

export type Streaming = Attempted<FirstEvent>;
