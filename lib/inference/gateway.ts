import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { Config } from '#lib/config';
import { nodeListener } from '#lib/http';
import type { Log } from '#lib/log';
import { Problem } from '#lib/problems';

import { type Backend, openBackend } from './backend.ts';
import { forward } from './forward.ts';
import { InvocationTokens } from './tokens.ts';

/** What one invocation needs for inference, until it is disposed of. */
export interface InferenceGrant extends Disposable {
  readonly environment: Readonly<Record<string, string>>;
}

/** What a worker may ask of the backend: the OpenAI-compatible API and the tasks. */
const served = /^\/(?:v1|hf-inference\/models)\//;

/**
 * The one holder of the inference token. Python reaches inference here only, over the loopback interface, with a token
 * of its own for each invocation; paths are those of Hugging Face's router.
 */
export class InferenceGateway {
  readonly #config: Config;
  readonly #log: Log;
  readonly #backend: Backend;
  readonly #tokens = new InvocationTokens();
  readonly #server: Server;

  private constructor(config: Config, log: Log, backend: Backend) {
    this.#config = config;
    this.#log = log;
    this.#backend = backend;
    this.#server = createServer(nodeListener((request) => this.#answer(request)));
  }

  static async start(config: Config, log: Log): Promise<InferenceGateway> {
    const gateway = new InferenceGateway(config, log, await openBackend(config));
    gateway.#server.listen(0, '127.0.0.1');
    await once(gateway.#server, 'listening');
    return gateway;
  }

  get backend(): Backend['name'] {
    return this.#backend.name;
  }

  /** The backend's address: for a worker run from the shell, when it is the mock. */
  get backendUrl(): string {
    return this.#backend.url;
  }

  /** How `heady.inference()` finds this gateway. */
  get environment(): Readonly<Record<string, string>> {
    const { port } = this.#server.address() as AddressInfo;
    return {
      HEADY_INFERENCE_URL: `http://127.0.0.1:${port}`,
      HF_TEXT_MODEL: this.#config.HF_TEXT_MODEL,
      HF_EMBED_MODEL: this.#config.HF_EMBED_MODEL,
    };
  }

  /** Lets an invocation use inference. */
  grant(invocationId: string): InferenceGrant {
    const { token, revoke } = this.#tokens.issue(invocationId);
    return { environment: { HEADY_INFERENCE_TOKEN: token }, [Symbol.dispose]: revoke };
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
    await this.#backend[Symbol.asyncDispose]();
  }

  async #answer(request: Request): Promise<Response> {
    const invocation = this.#tokens.invocationOf(request);
    try {
      if (invocation === undefined)
        throw new Problem('unauthorized', 'The token is not that of an invocation that runs.');
      if (!served.test(new URL(request.url).pathname))
        throw new Problem('not-found', 'The gateway serves /v1 and /hf-inference/models.');
      return await forward(request, this.#backend, this.#log);
    } catch (error) {
      if (error instanceof Problem)
        return error.toResponse({ requestId: invocation ?? '', production: this.#config.production });
      throw error;
    }
  }
}
