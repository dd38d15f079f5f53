import type { Json, Operation, TaskOperation } from '../operation.ts';
import type { Transport } from '../transport/transport.ts';
import type { Backend, Exchange, ListedModel } from './backend.ts';
import { embedding, generation, modelList, type OpenAiServer } from './openai.ts';
import { asOpenAi } from './tasks-as-openai.ts';

interface RemoteGpuOptions {
  readonly url: string;
  readonly apiKey: string | undefined;
  /** Names that stand for whatever the server has: a call that names none comes with one of them. */
  readonly textModel: string;
  readonly embedModel: string;
  readonly transport: Transport;
}

/**
 * A server with OpenAI's API: vLLM, SGLang, TGI, TEI, Ollama, llama.cpp. Such a process mostly serves one model, for
 * chat or for embeddings: what it lists as its models, and what it has refused, tells what it is asked for.
 */
export class RemoteGpu implements Backend {
  readonly name = 'remote-gpu';
  readonly #options: RemoteGpuOptions;
  readonly #server: OpenAiServer;
  /** Its models, once it has listed them. */
  #listed: readonly string[] | undefined;
  /** Kinds of operation, with their models, that it does not have. */
  readonly #refused = new Set<string>();

  constructor(options: RemoteGpuOptions) {
    const { url, apiKey } = options;
    this.#options = options;
    this.#server = { url, headers: apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` } };
  }

  exchange(operation: Operation): Exchange | undefined {
    if (operation.kind === 'task') return this.#task(operation);
    const model = this.#modelFor(operation);
    if (model === undefined || this.#refused.has(refusal(operation, model))) return undefined;
    return operation.kind === 'embedding'
      ? embedding(this.#server, operation, model)
      : generation(this.#server, operation, model);
  }

  learn(operation: Operation, model: string): void {
    if (this.#refused.size >= mostRefused) this.#refused.clear(); // callers name models as they like
    this.#refused.add(refusal(operation, model));
  }

  /** Also takes note of what there is now: a server that has been started anew may have another model. */
  async models(signal: AbortSignal): Promise<readonly ListedModel[]> {
    const { url, headers } = this.#server;
    const answer = await this.#options.transport.getJson({ url: `${url}/v1/models`, headers }, signal);
    const { data } = modelList.parse(answer);
    this.#listed = data.map(({ id }) => id);
    this.#refused.clear();
    return data;
  }

  /** Text generation and feature extraction are completions and embeddings by other names. */
  #task(operation: TaskOperation): Exchange | undefined {
    const translation = asOpenAi(operation);
    const exchange = translation && this.exchange(translation.operation);
    if (!translation || !exchange) return undefined;
    const { read, readEvent } = translation;
    return {
      ...exchange,
      read: (answer: Json) => read(exchange.read(answer)),
      readEvent: (data: Json) => readEvent(data),
    };
  }

  #modelFor({ kind, model }: Operation): string | undefined {
    const { textModel, embedModel } = this.#options;
    const byDefault = kind === 'embedding' ? embedModel : textModel;
    const wanted = model ?? byDefault;
    if (this.#listed === undefined || this.#listed.includes(wanted)) return wanted;
    return wanted === byDefault ? this.#listed[0] : undefined;
  }
}

const mostRefused = 1000;

function refusal({ kind }: Operation, model: string): string {
  return `${kind} ${model}`;
}
