import { createFetch, type FetchError, type FetchResponse } from 'ofetch';
import { Agent, fetch as undiciFetch } from 'undici';

import { formatBytes, formatDuration } from '#lib/config';
import { isTooDeep, maxJsonDepth } from '#lib/json-bounds';
import { isJsonType } from '#lib/media-type';

import type { BackendRequest } from '../backends/backend.ts';
import type { BackendName, Json } from '../operation.ts';
import { BackendFailure, type Failure, type FailureKind } from './failure.ts';
import { refusalOf } from './refusal.ts';

export interface Timeouts {
  /** For a connection to be there. */
  readonly connectMs: number;
  /** For an answer to begin; and between two pieces of it. */
  readonly firstByteMs: number;
}

interface TransportOptions {
  readonly backend: BackendName;
  readonly timeouts: Timeouts;
  /** Takes secrets out of what a backend says: it may repeat the token that it was sent. */
  readonly mask: (said: string) => string;
}

/** Sends requests to one backend. Makes one attempt of each; what comes of it but an answer is a {@link BackendFailure}. */
export class Transport implements AsyncDisposable {
  readonly #options: TransportOptions;
  readonly #agent: Agent;
  readonly #fetch: ReturnType<typeof createFetch>;

  constructor(options: TransportOptions) {
    const { timeouts } = options;
    this.#options = options;
    this.#agent = new Agent({
      connect: { timeout: timeouts.connectMs },
      headersTimeout: timeouts.firstByteMs,
      bodyTimeout: timeouts.firstByteMs,
    });
    const dispatched = { dispatcher: this.#agent };
    this.#fetch = createFetch({
      // its types are undici's own, of the same things
      fetch: ((url: string, init: object) =>
        undiciFetch(url, { ...init, ...dispatched })) as unknown as typeof fetch,
    });
  }

  /**
   * The answer to a POST, when it has begun.
   *
   * @throws {BackendFailure}
   * @throws the signal's reason when it aborts.
   */
  async post({ url, headers, body }: BackendRequest, signal: AbortSignal): Promise<Response> {
    return this.#send(url, { method: 'POST', headers, body: body as BodyInit, signal });
  }

  /** What is at an address, as JSON. @throws as {@link Transport.post}. */
  async getJson({ url, headers }: Omit<BackendRequest, 'body'>, signal: AbortSignal): Promise<Json> {
    return this.readJson(await this.#send(url, { method: 'GET', headers, signal }), signal);
  }

  /** The whole answer, as JSON. @throws as {@link Transport.post}. */
  async readJson(response: Response, signal: AbortSignal): Promise<Json> {
    const type = response.headers.get('content-type') ?? '';
    if (!isJsonType(type)) {
      await response.body?.cancel();
      throw this.malformed(`an answer of the type '${type}' where JSON was asked for`);
    }
    return this.parse(new TextDecoder().decode(await this.readBytes(response, signal)), 'an answer');
  }

  /**
   * JSON of a backend, without any secret that it may repeat.
   *
   * @param what - it is, in words.
   * @throws {BackendFailure} it is none.
   */
  parse(text: string, what: string): Json {
    if (isTooDeep(text)) throw this.malformed(`${what} nested deeper than ${maxJsonDepth} levels`);
    try {
      return JSON.parse(this.#options.mask(text)) as Json;
    } catch (cause) {
      throw this.malformed(`${what} that is no JSON`, cause);
    }
  }

  /** The whole answer. @throws as {@link Transport.post}. */
  async readBytes(response: Response, signal: AbortSignal): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    let bytes = 0;
    try {
      for await (const piece of response.body ?? []) {
        pieces.push(piece);
        bytes += piece.byteLength;
        if (bytes > maxAnswerBytes)
          throw this.malformed(`an answer of more than ${formatBytes(maxAnswerBytes)}`);
      }
    } catch (error) {
      signal.throwIfAborted();
      throw error instanceof BackendFailure ? error : this.brokenOff(error);
    }
    return Buffer.concat(pieces);
  }

  malformed(message: string, cause?: unknown): BackendFailure {
    return this.#failure({ message, kind: 'malformed', cause });
  }

  /** What an answer that ends too soon comes to. */
  brokenOff(cause: unknown): BackendFailure {
    const kind = kindOf(cause);
    return kind === 'late'
      ? this.#failure({ message: `no more of its answer came within ${this.#within(cause)}`, kind, cause })
      : this.malformed('its answer broke off', cause);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy();
  }

  async #send(url: string, init: RequestInit & { readonly signal: AbortSignal }): Promise<Response> {
    const { signal } = init;
    const response = await this.#fetch
      .raw(url, { ...init, ...asItComes } as object)
      .catch((error: FetchError) => {
        signal.throwIfAborted();
        throw this.#unanswered(error);
      });
    if (response.ok) return response as FetchResponse<unknown>;
    throw this.#failure(await refusalOf(response as FetchResponse<unknown>));
  }

  #unanswered(error: FetchError): BackendFailure {
    const { cause } = error;
    const kind = kindOf(cause);
    if (isNoHttp(cause)) return this.malformed(`what is no answer in HTTP: ${reasonOf(cause)}`, cause);
    const message =
      kind === 'late'
        ? `${codeOf(cause) === connectTimeout ? 'no connection' : 'no answer'} within ${this.#within(cause)}`
        : `it is out of reach: ${reasonOf(cause ?? error)}`;
    return this.#failure({ message, kind, cause });
  }

  #failure({ message, ...options }: Failure): BackendFailure {
    const { backend, mask } = this.#options;
    return new BackendFailure(backend, shortened(mask(message)), options); // a cut could go through a secret
  }

  #within(cause: unknown): string {
    const { connectMs, firstByteMs } = this.#options.timeouts;
    return formatDuration(codeOf(cause) === connectTimeout ? connectMs : firstByteMs);
  }
}

/** A whole answer, unpacked: vectors of a batch are within it, and pictures. */
const maxAnswerBytes = 32 * 1024 ** 2;
/** Of what a backend says; the rest is mostly a page. */
const maxMessageChars = 1000;

/** Retries are made elsewhere; a redirect would take the token to where nobody has sent it. */
const asItComes = { retry: 0, responseType: 'stream', ignoreResponseError: true, redirect: 'manual' };

const connectTimeout = 'UND_ERR_CONNECT_TIMEOUT';
const lateCodes: ReadonlySet<unknown> = new Set([
  connectTimeout,
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);

/** Whether there was something, and that no head of an answer. */
function isNoHttp(error: unknown): boolean {
  return /^(?:HPE_|UND_ERR_HEADERS_OVERFLOW$)/.test(String(codeOf(error)));
}

function shortened(said: string): string {
  return said.length > maxMessageChars ? `${said.slice(0, maxMessageChars)}…` : said;
}

function kindOf(error: unknown): FailureKind {
  return lateCodes.has(codeOf(error)) ? 'late' : 'unreachable';
}

/** Errors of fetch have the socket's as their cause. */
function codeOf(error: unknown): unknown {
  if (!(error instanceof Error)) return undefined;
  return 'code' in error ? error.code : codeOf(error.cause);
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? reasonOf(error.cause) : error.message || String(codeOf(error));
}
