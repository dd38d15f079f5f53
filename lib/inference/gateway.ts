import { join } from 'node:path';

import type { Config } from '#lib/config';
import type { Log, Redactor } from '#lib/log';

import { OpenAiApi } from './api/openai-api.ts';
import { TaskApi } from './api/task-api.ts';
import { Catalogue } from './catalogue.ts';
import { Discovery } from './discovery.ts';
import { Embedder } from './embedding/embedder.ts';
import { VectorCache } from './embedding/vector-cache.ts';
import type { Grant, Grantee } from './grants.ts';
import { Inference } from './inference.ts';
import { type OpenedLines, openLines } from './lines.ts';
import { Loopback } from './loopback.ts';
import type { BackendName, Caller, CallUsage } from './operation.ts';
import type { CircuitState } from './policy/circuit.ts';
import { Turns } from './policy/turns.ts';
import { DailyBudget } from './usage/daily-budget.ts';
import { RecentBackends } from './usage/recent-backends.ts';

export interface GatewayOptions {
  readonly config: Config;
  readonly log: Log;
  readonly redactor: Redactor;
  /** Where what is kept outlasts a restart; undefined where there is no such place. */
  readonly dataDirectory: string | undefined;
  /** Told of each call when it has ended. */
  readonly observe?: (usage: CallUsage) => void;
}

/** What `GET /api/health` says of inference. */
export interface InferenceHealth {
  readonly ok: boolean;
  /** The one that is asked first. */
  readonly backend: BackendName | null;
  readonly circuits: Readonly<Partial<Record<BackendName, CircuitState>>>;
  readonly running: number;
  readonly queued: number;
}

interface Parts {
  readonly opened: OpenedLines;
  readonly loopback: Loopback;
  readonly openAi: OpenAiApi;
  readonly tasks: TaskApi;
  readonly turns: Turns;
  readonly budget: DailyBudget;
  readonly discovery: Discovery;
  readonly recent: RecentBackends;
}

/** Calls that may wait, for each place, and for how long. */
const queuePerSlot = 16;
const maxQueueMs = 30_000;

/**
 * The one door to inference, and the one holder of its tokens: for routes, for OpenAI's clients, and for Python, which
 * reaches it over the loopback interface with a token of its own for each invocation.
 */
export class InferenceGateway {
  readonly openAi: OpenAiApi;
  readonly tasks: TaskApi;
  readonly #config: Config;
  readonly #parts: Parts;

  private constructor(config: Config, parts: Parts) {
    this.openAi = parts.openAi;
    this.tasks = parts.tasks;
    this.#config = config;
    this.#parts = parts;
  }

  static async start(options: GatewayOptions): Promise<InferenceGateway> {
    const { config, log, redactor, dataDirectory } = options;
    const opened = await openLines({ config, log, redactor });
    const budget = new DailyBudget({
      limit: config.HEADY_INFERENCE_DAILY_TOKENS,
      file: dataDirectory && join(dataDirectory, 'inference/spent-today.json'),
      log,
    });
    const slots = config.HF_MAX_CONCURRENCY;
    const totalMs = config.HEADY_INFERENCE_TIMEOUT;
    const turns = new Turns({
      slots,
      maxQueue: slots * queuePerSlot,
      timeoutMs: Math.min(maxQueueMs, totalMs / 2),
    });
    const recent = new RecentBackends();
    const observe = (usage: CallUsage, caller: Caller) => {
      budget.spend(usage.inputTokens + usage.outputTokens);
      recent.add(usage, caller);
      tell(log, usage, caller);
      options.observe?.(usage);
    };
    const inference = new Inference({ lines: opened.lines, turns, budget, totalMs, observe });
    const ttlMs = config.HEADY_INFERENCE_CACHE_TTL;
    const cache = ttlMs === undefined ? undefined : new VectorCache(ttlMs);
    const embedder = new Embedder({ inference, cache });
    const openAi = new OpenAiApi({ inference, embedder, catalogue: new Catalogue(opened.lines, log) });
    const tasks = new TaskApi({ inference, embedder });
    const loopback = await Loopback.start({ config, log, openAi, tasks });
    const discovery = new Discovery({ lines: opened.lines, log, textModel: config.HF_TEXT_MODEL });
    return new InferenceGateway(config, {
      opened,
      loopback,
      openAi,
      tasks,
      turns,
      budget,
      discovery,
      recent,
    });
  }

  /** The backend that is asked first; undefined where none is configured. */
  get backend(): BackendName | undefined {
    return this.#parts.opened.lines[0]?.backend.name;
  }

  /** The backend that has answered last for a request, its calls of Python included; undefined where none has. */
  backendFor(requestId: string): BackendName | undefined {
    return this.#parts.recent.of(requestId);
  }

  /** As far as calls have shown: nobody is asked for it. Undefined where no backend is configured. */
  get health(): InferenceHealth | undefined {
    const { opened, turns } = this.#parts;
    if (opened.lines.length === 0) return undefined;
    const circuits = opened.lines.map(({ backend, circuit }) => [backend.name, circuit.state] as const);
    return {
      ok: circuits.some(([, state]) => state !== 'open'),
      backend: this.backend ?? null,
      circuits: Object.fromEntries(circuits),
      running: turns.running,
      queued: turns.queued,
    };
  }

  /** The mock's address, for a worker that is run from the shell. */
  get mockUrl(): string | undefined {
    return this.#parts.opened.mockUrl;
  }

  /** How `heady.inference()` finds this gateway. */
  get environment(): Readonly<Record<string, string>> {
    return {
      HEADY_INFERENCE_URL: this.#parts.loopback.url,
      HF_TEXT_MODEL: this.#config.HF_TEXT_MODEL,
      HF_EMBED_MODEL: this.#config.HF_EMBED_MODEL,
    };
  }

  /** Lets an invocation use inference. */
  grant(grantee: Grantee): Grant {
    return this.#parts.loopback.grants.issue(grantee);
  }

  async stop(): Promise<void> {
    const { loopback, opened, budget, discovery } = this.#parts;
    discovery[Symbol.dispose]();
    await loopback.stop();
    budget[Symbol.dispose]();
    await opened[Symbol.asyncDispose]();
  }
}

function tell(log: Log, { durationMs, ...usage }: CallUsage, { requestId }: Caller): void {
  const level = usage.outcome === 'failed' ? 'warn' : 'info';
  log[level]({ message: 'inference', requestId, ...usage, durationMs: Math.round(durationMs * 1000) / 1000 });
}
