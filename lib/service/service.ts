import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { FailedKeys, Keyring, Tokens } from '#lib/access';
import { Admin } from '#lib/admin';
import type { Config } from '#lib/config';
import { Files } from '#lib/files';
import { InferenceGateway } from '#lib/inference';
import { createLog, KeptLines, type LogOptions, Redactor, type ServiceLog } from '#lib/log';
import {
  inferenceMetrics,
  inferenceStateMetrics,
  invocationMetrics,
  loadMetrics,
  Metrics,
  processMetrics,
  refusalMetrics,
} from '#lib/metrics';
import { Load } from '#lib/overload';
import { type ListedRoute, type ListedWorker, PythonEngine, type Rule } from '#lib/python';
import { RateLimit } from '#lib/rate-limit';
import { type InvocationStore, memoryInvocations, observedInvocations } from '#lib/records';
import { Sessions } from '#lib/sessions';
import { Uploads } from '#lib/uploads';
import { checkDataDirectory, type Durability, lockDirectory } from '#storage';

import { type Health, readVersion } from './health.ts';

/** The self-test waits until the first callers after a start have been served. */
const selfTestDelayMs = 5000;

/** What a command has in place of the server's own. */
export interface ServiceOptions extends Partial<Pick<LogOptions, 'format' | 'stream'>> {
  readonly invocations?: InvocationStore;
  /** Whether it does without the data directory where a server has that. */
  readonly yieldsDataDirectory?: true;
}

/** Another process has the data directory. */
export class DataDirectoryInUseError extends Error {
  override readonly name = 'DataDirectoryInUseError';
}

/** The answer of `GET /api/workers`. */
export interface WorkerListing {
  readonly workers: readonly ListedWorker[];
  readonly routes: readonly ListedRoute[];
  readonly enforcement: readonly Rule[];
}

/** The running service: what routes work with, on `event.context.service`. */
export class Service {
  readonly config: Config;
  readonly log: ServiceLog;
  /** Takes the secrets out of whatever is shown. */
  readonly redactor: Redactor;
  readonly metrics: Metrics;
  readonly invocations: InvocationStore;
  /** Whether what is in the data directory is still there after a deploy, as was found at the start. */
  readonly durability: Durability;
  readonly files: Files;
  readonly uploads: Uploads;
  readonly python: PythonEngine;
  readonly inference: InferenceGateway;
  readonly sessions: Sessions;
  readonly admin: Admin;
  readonly version: string;
  readonly load: Load;
  readonly keyring: Keyring;
  readonly tokens = new Tokens();
  readonly failedKeys: FailedKeys;
  readonly rateLimit: RateLimit;
  /** Aborts when the service begins to drain: what has no end of its own ends then. */
  readonly draining: AbortSignal;
  readonly #drainer: AbortController;
  readonly #startedAt = performance.now();
  readonly #parts: AsyncDisposableStack;
  #ready = false;
  #closed = false;

  private constructor(
    parts: Pick<
      Service,
      | 'config'
      | 'log'
      | 'redactor'
      | 'metrics'
      | 'invocations'
      | 'durability'
      | 'files'
      | 'uploads'
      | 'python'
      | 'inference'
    > & {
      readonly stack: AsyncDisposableStack;
      readonly drainer: AbortController;
    },
  ) {
    this.config = parts.config;
    this.log = parts.log;
    this.redactor = parts.redactor;
    this.metrics = parts.metrics;
    this.invocations = parts.invocations;
    this.durability = parts.durability;
    this.files = parts.files;
    this.uploads = parts.uploads;
    this.python = parts.python;
    this.inference = parts.inference;
    this.#parts = parts.stack;
    this.#drainer = parts.drainer;
    this.draining = parts.drainer.signal;
    this.sessions = new Sessions({ config: parts.config });
    this.admin = new Admin(this, parts.redactor);
    this.version = readVersion(parts.config.root);
    const onRefused = refusalMetrics(this.metrics);
    this.load = new Load(this.config.HEADY_MAX_IN_FLIGHT, () => onRefused('overloaded'));
    this.keyring = new Keyring(this.config);
    this.failedKeys = new FailedKeys(() => onRefused('unauthorized'));
    this.rateLimit = new RateLimit({ config: this.config, onRefused: () => onRefused('rate-limited') });
    loadMetrics(this.metrics, () => this.python.load);
    inferenceStateMetrics(this.metrics, () => this.inference.health);
    processMetrics(this.metrics, { version: this.version, python: this.python.interpreter.version });
  }

  /**
   * Starts all parts.
   *
   * @throws {InterpreterError} there is no usable Python.
   * @throws {DataDirectoryInUseError}
   */
  static async start(config: Config, options: ServiceOptions = {}): Promise<Service> {
    const { invocations: store = memoryInvocations(), yieldsDataDirectory, ...logged } = options;
    await using stack = new AsyncDisposableStack(); // what has been started ends when a later part does not start
    const metrics = new Metrics();
    const invocations = observedInvocations(store, invocationMetrics(metrics));
    const redactor = new Redactor(config.secrets);
    const found = durabilityOf(config);
    const lock = 'path' in found ? stack.use(lockDirectory(found.path)) : undefined;
    const durability = 'why' in found || lock ? found : inUse(found.path, yieldsDataDirectory);
    const kept = stack.use(keptLines(config, durability, (message) => log.warn(message)));
    const log = createLog({
      format: config.logFormat,
      level: config.HEADY_LOG_LEVEL,
      redactor,
      kept,
      ...logged,
    });
    for (const warning of config.warnings) log.warn(warning);
    if ('why' in durability && isToBeTold(config)) log.warn(durability.why);
    if ('warning' in durability && durability.warning) log.warn(durability.warning);
    const files = stack.use(await Files.start({ config, dataDirectory: durability, log }));
    const uploads = stack.use(await Uploads.start({ config, files, log }));
    const inference = await InferenceGateway.start({
      config,
      log,
      redactor,
      observe: inferenceMetrics(metrics),
      dataDirectory: 'path' in durability ? durability.path : undefined,
    });
    stack.defer(() => inference.stop());
    const drainer = new AbortController();
    const python = await PythonEngine.start({
      config,
      draining: drainer.signal,
      log,
      invocations,
      redactor,
      environment: inference.environment,
      grant: (grantee) => inference.grant(grantee),
    });
    stack.defer(() => python.stop());
    const parts = {
      config,
      log,
      redactor,
      metrics,
      invocations,
      durability,
      files,
      uploads,
      python,
      inference,
    };
    return new Service({ ...parts, drainer, stack: stack.move() });
  }

  get state(): Health['state'] {
    if (this.draining.aborted) return 'draining';
    return this.#ready ? 'ready' : 'starting';
  }

  /** Loads what must be ready before the service is, then the rest. */
  async prepare(): Promise<void> {
    const { first, others } = this.python.toLoad();
    this.#ready = first.length === 0;
    await this.python.loadFirst(first);
    this.#ready = true;
    await this.python.loadWhileRoom(others);
    await delay(selfTestDelayMs, undefined, { ref: false });
    if (this.state === 'ready') await this.python.testIsolation();
  }

  /** Asks the bucket for files, where there is one, whether it works, and warns where it does not. */
  async checkStorage(): Promise<void> {
    const fault = await this.files.check();
    if (fault !== undefined) this.log.warn(`S3_BUCKET ${this.config.S3_BUCKET}: ${fault}`);
  }

  health(): Health {
    const { state, python } = this;
    const { durability } = this.files;
    const inference = this.inference.health;
    const isStoring = this.#isDirectoryAsDeclared && this.files.fault === undefined;
    const down = {
      python: !python.running,
      storage: !isStoring,
      inference: inference?.ok === false,
    };
    const degraded = Object.keys(down).filter((part) => down[part as keyof typeof down]);
    return {
      ok: state === 'ready',
      service: 'heady-manager',
      version: this.version,
      uptime: Math.round((performance.now() - this.#startedAt) / 1000),
      state,
      checks: {
        python: { ok: python.running, version: python.interpreter.version, ...python.load },
        storage: { ok: isStoring, durability },
        inference,
      },
      ...(degraded.length > 0 && { degraded }),
    };
  }

  /** Every worker and endpoint in Python, and what this host enforces. */
  async listing(): Promise<WorkerListing> {
    const { python } = this;
    return {
      workers: await python.list(),
      routes: await python.listRoutes(),
      enforcement: python.enforcement,
    };
  }

  /** Whether new work is refused. */
  get closed(): boolean {
    return this.#closed;
  }

  /** From now on says that it is about to end; work is taken until it is closed. */
  drain(): void {
    this.#drainer.abort();
  }

  /** From now on takes no new work; what runs goes on. */
  close(): void {
    this.drain();
    this.#closed = true;
  }

  /** Ends all parts, each before those that it works with. */
  async stop(): Promise<void> {
    this.load[Symbol.dispose]();
    await this.#parts.disposeAsync();
  }

  get #isDirectoryAsDeclared(): boolean {
    return this.durability.durability === 'persistent' || this.config.HEADY_DATA_DIR === undefined;
  }
}

function durabilityOf({ HEADY_DATA_DIR: path, environment }: Config): Durability {
  return checkDataDirectory({ path, onRender: environment.RENDER !== undefined });
}

/** @throws {DataDirectoryInUseError} */
function inUse(path: string, yields: true | undefined): Durability {
  const why = `HEADY_DATA_DIR is ${path}, which another process has in use, such as a service that runs`;
  if (!yields) throw new DataDirectoryInUseError(`${why}. End that, or set another directory.`);
  return { durability: 'ephemeral', why: `${why}: this one does without.` };
}

/** Outside production nobody expects files to last, unless a directory is said; in a bucket they do. */
function isToBeTold({ production, HEADY_DATA_DIR, S3_BUCKET }: Config): boolean {
  return HEADY_DATA_DIR !== undefined || (production && S3_BUCKET === undefined);
}

/** The log in the data directory, where that lasts. */
function keptLines(
  { HEADY_LOG_KEEP: maxBytes }: Config,
  durability: Durability,
  tell: (message: string) => void,
): KeptLines | undefined {
  if (durability.durability !== 'persistent') return undefined;
  return new KeptLines({
    directory: join(durability.path, 'logs'),
    maxBytes,
    onFault: ({ message }) => tell(`the log cannot be kept in the data directory for now: ${message}`),
  });
}
