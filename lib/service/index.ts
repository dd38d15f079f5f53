import { setTimeout as delay } from 'node:timers/promises';

import type { Config } from '#lib/config';
import { InferenceGateway } from '#lib/inference';
import { createLog, type Log } from '#lib/log';
import { PythonEngine } from '#lib/python';
import { type InvocationStore, memoryInvocations } from '#lib/records';

import { type Health, readVersion } from './health.ts';

/** The self-test waits until the first callers after a start have been served. */
const selfTestDelayMs = 5000;

/** The running service: what routes work with, on `event.context.service`. */
export class Service {
  readonly config: Config;
  readonly log: Log;
  readonly invocations: InvocationStore;
  readonly python: PythonEngine;
  readonly inference: InferenceGateway;
  readonly #version: string;
  readonly #startedAt = performance.now();
  #ready = false;
  #draining = false;

  private constructor(parts: Pick<Service, 'config' | 'log' | 'invocations' | 'python' | 'inference'>) {
    this.config = parts.config;
    this.log = parts.log;
    this.invocations = parts.invocations;
    this.python = parts.python;
    this.inference = parts.inference;
    this.#version = readVersion(parts.config.root);
  }

  /** Starts all parts. @throws {InterpreterError} there is no usable Python. */
  static async start(config: Config): Promise<Service> {
    const secrets = new Map(config.secrets);
    const log = createLog({ format: config.logFormat, level: config.HEADY_LOG_LEVEL, secrets });
    for (const warning of config.warnings) log.warn(warning);
    const invocations = memoryInvocations();
    const inference = await InferenceGateway.start(config, log);
    try {
      const python = await PythonEngine.start({
        config,
        log,
        invocations,
        secrets,
        environment: inference.environment,
        grant: (id) => inference.grant(id),
      });
      return new Service({ config, log, invocations, python, inference });
    } catch (error) {
      await inference.stop();
      throw error;
    }
  }

  get state(): Health['state'] {
    if (this.#draining) return 'draining';
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

  health(): Health {
    const { state, python, inference } = this;
    return {
      ok: state === 'ready',
      service: 'heady-manager',
      version: this.#version,
      uptime: Math.round((performance.now() - this.#startedAt) / 1000),
      state,
      checks: {
        python: { ok: python.running, version: python.interpreter.version, ...python.load },
        inference: { ok: true, backend: inference.backend },
      },
      ...(python.running ? {} : { degraded: ['python'] }),
    };
  }

  /** From now on takes no new work; what runs goes on. */
  drain(): void {
    this.#draining = true;
  }

  async stop(): Promise<void> {
    await this.python.stop();
    await this.inference.stop();
  }
}

export type { Health } from './health.ts';
