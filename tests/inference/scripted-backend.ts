import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readonly<Record<string, unknown>>;
  /** Whether the one who asked went away before the answer was whole. */
  abandoned: boolean;
}

type Script = (asked: Asked, response: ServerResponse) => void | Promise<void>;

/** Another's server that answers as a test wants it to. */
export class ScriptedBackend implements Disposable {
  readonly asked: Asked[] = [];
  script: Script;
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  private constructor(script: Script) {
    this.script = script;
  }

  static async start(script: Script = chatting('hello')): Promise<ScriptedBackend> {
    const backend = new ScriptedBackend(script);
    backend.#server.listen(0, '127.0.0.1');
    await once(backend.#server, 'listening');
    return backend;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** What was asked of it, less the lists of its models. */
  get posts(): Asked[] {
    return this.asked.filter(({ method }) => method === 'POST');
  }

  [Symbol.dispose](): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '', headers } = request;
    const sent = await text(request);
    const body = sent === '' ? {} : (JSON.parse(sent) as Asked['body']);
    const asked: Asked = { method, path, headers, body, abandoned: false };
    response.on('close', () => (asked.abandoned = !response.writableFinished));
    this.asked.push(asked);
    await this.script(asked, response);
  }
}

/** A server for chat, with one model. */
export function chatting(content: string, model = 'a-model'): Script {
  return ({ method, body }, response) => {
    if (method === 'GET') return json(response, { object: 'list', data: [{ id: model, object: 'model' }] });
    json(response, completion(content, String(body.model)));
  };
}

export function completion(content: string, model = 'a-model') {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model,
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 },
  };
}

/** Answers with JSON. */
export function json(response: ServerResponse, body: unknown, status = 200, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

/** Begins a stream of events. */
export function events(response: ServerResponse, ...data: readonly unknown[]): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const each of data)
    response.write(`data: ${typeof each === 'string' ? each : JSON.stringify(each)}\n\n`);
}

/** A piece of an answer. */
export function delta(content: string) {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'a-model',
    choices: [{ index: 0, delta: { content }, finish_reason: null }],
  };
}
