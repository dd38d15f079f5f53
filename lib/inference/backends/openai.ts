import { z } from 'zod';

import type { EmbeddingOperation, GenerationOperation, Json, JsonObject } from '../operation.ts';
import { countedTokens } from '../usage/tokens.ts';
import type { Exchange } from './backend.ts';

/** Where an OpenAI-compatible server is, and what it is sent with each request. */
export interface OpenAiServer {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

const paths = { chat: '/v1/chat/completions', completion: '/v1/completions' };

/** How a server with OpenAI's API is asked to generate text. A stream is asked to say what it has used. */
export function generation(server: OpenAiServer, operation: GenerationOperation, model: string): Exchange {
  const { kind, stream, fields } = operation;
  const options = stream && { stream: true, stream_options: { ...optionsOf(fields), include_usage: true } };
  return {
    model,
    request: jsonRequest(server, paths[kind], { ...fields, ...options, model }),
    read: (answer) => generated.parse(answer) as Json,
    readEvent: optionsOf(fields).include_usage === true ? (data) => data : withoutUsage,
    usage: countedTokens,
  };
}

/** The event as it is for who has not asked for usage; the last, which has nothing else, is none then. */
function withoutUsage(data: Json): Json | undefined {
  if (typeof data !== 'object' || data === null || !('usage' in data)) return data;
  const { usage: _, ...event } = data as JsonObject;
  return Array.isArray(event.choices) && event.choices.length === 0 ? undefined : event;
}

const generated = z.looseObject({ choices: z.array(z.looseObject({})) });

function optionsOf({ stream_options: options }: JsonObject): JsonObject {
  return typeof options === 'object' && options !== null && !Array.isArray(options)
    ? (options as JsonObject)
    : {};
}

/** How it is asked for embeddings. */
export function embedding(
  server: OpenAiServer,
  { texts, dimensions }: EmbeddingOperation,
  model: string,
): Exchange {
  const body = { model, input: texts, encoding_format: 'float', ...(dimensions && { dimensions }) };
  return {
    model,
    request: jsonRequest(server, '/v1/embeddings', body),
    read: (answer) => vectorsIn(embedded.parse(answer), texts.length),
    readEvent: (data) => data,
    usage: countedTokens,
  };
}

const embedded = z.object({
  data: z.array(z.object({ index: z.int(), embedding: z.array(z.number()) })),
});

function vectorsIn({ data }: z.output<typeof embedded>, count: number): Json {
  if (data.length !== count) throw new Error(`${data.length} vectors for ${count} texts`);
  return evenVectors(data.toSorted((a, b) => a.index - b.index).map(({ embedding: vector }) => vector));
}

/** Vectors of one model have one length. @throws {Error} these have not. */
export function evenVectors(vectors: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const lengths = new Set(vectors.map(({ length }) => length));
  if (lengths.size > 1 || lengths.has(0)) throw new Error('vectors of several lengths, or of none');
  return vectors;
}

/** A JSON body to a path of the server. */
export function jsonRequest({ url, headers }: OpenAiServer, path: string, body: object) {
  return {
    url: `${url}${path}`,
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
}

/** The entries of `GET /v1/models`. */
export const modelList = z.object({
  data: z.array(
    z
      .object({ id: z.string(), created: z.number().catch(0), owned_by: z.string().catch('unknown') })
      .transform(({ id, created, owned_by: ownedBy }) => ({ id, created, ownedBy })),
  ),
});
