import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { z } from 'zod';

import type { Config } from '#lib/config';
import { nodeListener, validate } from '#lib/http';
import type { Log } from '#lib/log';
import { openAiErrorResponse, Problem } from '#lib/problems';

import { chatBody, completionBody, embeddingsBody } from './api/bodies.ts';
import { eventResponse } from './api/event-response.ts';
import { headersOf, type OpenAiApi } from './api/openai-api.ts';
import { answerResponse, type TaskApi } from './api/task-api.ts';
import { type Grant, Grants } from './grants.ts';
import type { Bytes, Caller, JsonObject } from './operation.ts';
import { readBody } from './request-body.ts';

interface LoopbackOptions {
  readonly config: Config;
  readonly log: Log;
  readonly openAi: OpenAiApi;
  readonly tasks: TaskApi;
}

/** A model's path: its id, and below it one of its tasks. */
const modelPath =
  /^\/hf-inference\/models\/(?<model>[^/]+(?:\/[^/]+)??)(?:\/pipeline\/(?<task>[a-z0-9-]+))?$/;

/**
 * Inference for Python, over the loopback interface alone: the paths are those of Hugging Face's router and of OpenAI's
 * API. Who calls is told by a token that is good for one invocation.
 */
export class Loopback {
  readonly #options: LoopbackOptions;
  readonly #grants = new Grants();
  readonly #server: Server;

  private constructor(options: LoopbackOptions) {
    this.#options = options;
    this.#server = createServer(nodeListener((request) => this.#answer(request)));
  }

  static async start(options: LoopbackOptions): Promise<Loopback> {
    const loopback = new Loopback(options);
    loopback.#server.listen(0, '127.0.0.1');
    await once(loopback.#server, 'listening');
    return loopback;
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  get grants(): Grants {
    return this.#grants;
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const grant = this.#grants.of(request);
    try {
      if (!grant) throw new Problem('unauthorized', 'The token is not that of an invocation that runs.');
      return await this.#served(request, pathname, grant.caller(request.signal));
    } catch (error) {
      return this.#refused(this.#problemOf(error, grant), pathname, grant);
    }
  }

  async #served(request: Request, pathname: string, caller: Caller): Promise<Response> {
    const { openAi } = this.#options;
    const route = `${request.method} ${pathname}`;
    if (route === 'POST /v1/chat/completions') return openAi.chat(await readAs(chatBody, request), caller);
    if (route === 'POST /v1/completions')
      return openAi.complete(await readAs(completionBody, request), caller);
    if (route === 'POST /v1/embeddings') return openAi.embed(await readAs(embeddingsBody, request), caller);
    if (route === 'GET /v1/models') return openAi.models();
    if (route.startsWith('GET /v1/models/'))
      return openAi.model(decoded(pathname.slice('/v1/models/'.length)));
    const { model, task } = (request.method === 'POST' && modelPath.exec(pathname)?.groups) || {};
    if (model === undefined)
      throw new Problem('not-found', 'Inference is at /v1 and at /hf-inference/models/{model}.');
    return this.#task({ model: decoded(model), task }, await readBody(request), caller);
  }

  async #task(
    { model, task }: { readonly model: string; readonly task: string | undefined },
    body: JsonObject | Bytes,
    caller: Caller,
  ): Promise<Response> {
    const { tasks } = this.#options;
    const stream = !('bytes' in body) && body.stream === true;
    const operation = { model, task, stream, body };
    if (!stream) {
      const answer = await tasks.ask(operation, caller);
      return answerResponse(answer, headersOf(answer));
    }
    const { events, ...answerer } = await tasks.askForEvents(operation, caller);
    return eventResponse(events, headersOf(answerer));
  }

  /** What nobody foresaw is logged, unless its caller has gone and nobody reads the answer. */
  #problemOf(error: unknown, grant: Grant | undefined): Problem {
    if (error instanceof Problem) return error;
    if (!grant?.isOver) this.#options.log.error({ message: 'inference for Python failed', error });
    return new Problem('internal-error', 'The server failed to answer; its log has the cause.', {
      cause: error,
    });
  }

  /** Each client gets its errors as it reads them: `huggingface_hub` has the message from `error`. */
  async #refused(problem: Problem, pathname: string, grant: Grant | undefined): Promise<Response> {
    const requestId = grant?.requestId ?? '';
    if (pathname.startsWith('/v1/')) return openAiErrorResponse(problem, requestId);
    const { production } = this.#options.config;
    const response = problem.toResponse({ requestId, production });
    const told = { ...problem.body({ requestId, production }), error: problem.message };
    return Response.json(told, { status: response.status, headers: response.headers });
  }
}

/** @throws {Problem} `bad-request` */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new Problem('bad-request', `'${path}' is not percent-encoded as a URL is.`);
  }
}

async function readAs<T extends z.ZodType>(schema: T, request: Request) {
  return validate<T>(schema, await readBody(request));
}
