import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import type { Config } from '#lib/config';
import type { Log } from '#lib/log';

import { limitsOf } from '../calls/limits.ts';
import { Serving, type Verdict } from '../calls/serving.ts';
import type { InstanceWatchdog } from '../memory/instance-watchdog.ts';
import { statFields } from '../memory/proc.ts';
import { processTree } from '../memory/process-tree.ts';
import type { WorkerRegistry } from '../workers/worker-registry.ts';
import type { WorkerZygote } from '../workers/worker-zygote.ts';
import { Enforcement, type Rule, type Targets } from './enforcement.ts';

interface SelfTestOptions {
  readonly config: Config;
  readonly log: Log;
  readonly workers: WorkerRegistry;
  readonly instance: InstanceWatchdog;
  readonly runDirectory: string;
  readonly basePid: () => number | undefined;
}

/** Finds out what this host enforces, by calling functions that break each rule as a request would. */
export class SelfTest {
  readonly #options: SelfTestOptions;
  readonly #enforcement: Enforcement;
  /** The probes, loaded like any worker, while they are tried. */
  #probes: WorkerZygote | undefined;

  constructor(options: SelfTestOptions) {
    this.#options = options;
    this.#enforcement = new Enforcement({
      call: (name, input) => this.#call(name, input),
      log: options.log,
    });
  }

  /** What has been found so far. */
  get rules(): readonly Rule[] {
    return this.#enforcement.rules;
  }

  /** Tries to break each rule, one after the other. */
  async run(): Promise<void> {
    if (process.platform !== 'linux') return; // nothing here is enforced elsewhere, and nothing is claimed
    const { config, workers, runDirectory, basePid } = this.#options;
    this.#probes = await workers.loadOther('probes', join(config.root, 'workers/heady/probes.py'));
    try {
      await this.#enforcement.test(targetsOf(config.root, runDirectory, basePid()));
    } finally {
      this.#probes.retire();
      this.#probes = undefined;
    }
  }

  /** Calls a probe, and waits until nothing is left of it. */
  async #call(name: string, input: object): Promise<Verdict> {
    const zygote = this.#probes;
    const described = zygote?.functions.get(name);
    if (!zygote || !described) throw new Error(`there is no probe '${name}'`);
    const { config, instance } = this.#options;
    const lease = await zygote.take(described);
    using serving = new Serving(lease, {
      limits: limitsOf(described.declared, config),
      signal: never,
      draining: never,
      instance,
      idlePid: () => zygote.idlePid(),
      endpoint: false,
      givenBytes: 0,
    });
    const ids = { invocationId: 'self-test', requestId: 'self-test' };
    const order = { ...ids, function: name, stream: false, environment: {} };
    serving.start(order, Buffer.from(JSON.stringify(input)));
    const verdict = await serving.verdict();
    await lease.finish(verdict);
    return verdict;
  }
}

const never = new AbortController().signal;

/** What the probes are aimed at: this process, what it has started and what has started it. */
function targetsOf(root: string, runDirectory: string, base: number | undefined): Targets {
  const others = base === undefined ? [] : processTree(base).pids;
  const sockets = readdirSync(runDirectory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isSocket())
    .map(({ parentPath, name }) => join(parentPath, name));
  return {
    server: process.pid,
    others,
    ancestors: ancestorsOf(process.pid),
    root,
    runDirectory,
    sockets,
  };
}

/** The processes above one, but for the first of all. */
function ancestorsOf(pid: number): number[] {
  const parent = Number(statFields(pid)[1]);
  return parent > 1 ? [parent, ...ancestorsOf(parent)] : [];
}
