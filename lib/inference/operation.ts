/** A value as JSON has it. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

export type JsonObject = Readonly<Record<string, Json>>;

/**
 * Chat, or the completion of a prompt, as the OpenAI API has it: `fields` are those of its body, less `model` and
 * `stream`.
 *
 * @see https://platform.openai.com/docs/api-reference/chat
 */
export interface GenerationOperation {
  readonly kind: 'chat' | 'completion';
  readonly model: string | undefined;
  readonly stream: boolean;
  readonly fields: JsonObject;
}

/** A text, or the numbers of its tokens where its caller has them. */
export type Embeddable = string | readonly number[];

/** One vector for each text. */
export interface EmbeddingOperation {
  readonly kind: 'embedding';
  readonly model: string | undefined;
  readonly stream: false;
  readonly texts: readonly Embeddable[];
  readonly normalize: boolean;
  /** Length of the vectors, where the model leaves it open. */
  readonly dimensions: number | undefined;
}

/**
 * One of Hugging Face's tasks, such as `question-answering`; undefined where the model tells.
 *
 * @see https://huggingface.co/docs/inference-providers/tasks/index
 */
export interface TaskOperation {
  readonly kind: 'task';
  readonly task: string | undefined;
  readonly model: string | undefined;
  readonly stream: boolean;
  readonly body: JsonObject | Bytes;
}

/** A body, or an answer, that is no JSON: a sound, a picture. */
export interface Bytes {
  readonly bytes: Uint8Array;
  readonly type: string;
}

/** What can be asked of a backend. */
export type Operation = GenerationOperation | EmbeddingOperation | TaskOperation;

export function isBytes(body: JsonObject | Bytes): body is Bytes {
  return body.bytes instanceof Uint8Array;
}

/** For whom something is asked, and until when. */
export interface Caller {
  /** Who waits in the queue by turns with others, and has the usage to its name: a key, or a Python function. */
  readonly name: string;
  readonly requestId: string;
  /** Ends the work when it aborts. */
  readonly signal: AbortSignal;
  /** Told what each call has used, when it has ended. */
  readonly onUsage?: (usage: CallUsage) => void;
}

/** What one call came to. */
export interface CallUsage {
  readonly backend: BackendName | 'cache' | 'none';
  readonly model: string;
  readonly operation: Operation['kind'];
  readonly caller: string;
  readonly outcome: CallOutcome;
  /** Why there is no answer, where there is none. */
  readonly detail?: string;
  /** Tokens; estimated, at four characters each, where the backend does not count them. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly durationMs: number;
  /** Attempts after the first. */
  readonly retries: number;
  /** Texts whose vectors were in the cache. */
  readonly cacheHits: number;
  /** Whether another caller's equal call, which ran already, was the answer to this one. */
  readonly coalesced: boolean;
}

export type BackendName = 'remote-gpu' | 'huggingface' | 'mock';

export type CallOutcome = 'ok' | 'canceled' | 'refused' | 'failed';
