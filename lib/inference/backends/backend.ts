import type { BackendName, Json, Operation } from '../operation.ts';
import type { TokenUsage } from '../usage/tokens.ts';

/** An HTTP request to a backend. */
export interface BackendRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** How a backend says something, and what its answers are in the form of the operation. */
export interface Exchange {
  /** The model that answers. */
  readonly model: string;
  readonly request: BackendRequest;
  /** Whether a picture, a sound or a film may be the answer. */
  readonly isMedia?: true;
  /**
   * What the whole answer says: chat and completions as OpenAI has them, embeddings as vectors, tasks as Hugging Face
   * has them.
   *
   * @throws {z.ZodError} it is of another form.
   */
  readonly read: (answer: Json) => Json;
  /** The same for one event of a stream; undefined for one that says nothing. */
  readonly readEvent: (data: Json) => Json | undefined;
  /** Tokens that an answer, or an event, says it has used. */
  readonly usage: (answer: Json) => TokenUsage | undefined;
}

/** Where inference is done. What it serves and how it speaks; the sending is the transport's. */
export interface Backend {
  readonly name: BackendName;
  /** What is sent for the operation; undefined where it is not served here, as far as is known. */
  exchange(operation: Operation): Exchange | undefined;
  /** Told that the backend does not have what the operation asks for, so that it is not asked again. */
  learn(operation: Operation, model: string): void;
  /** Models for chat and completions or embeddings, as the backend lists them; empty where it cannot. */
  models(signal: AbortSignal): Promise<readonly ListedModel[]>;
}

/** A model, as `GET /v1/models` lists it. */
export interface ListedModel {
  readonly id: string;
  readonly created: number;
  readonly ownedBy: string;
}
