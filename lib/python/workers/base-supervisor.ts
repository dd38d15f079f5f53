import { setTimeout as delay } from 'node:timers/promises';

import { BaseZygote, type BaseZygoteOptions } from './base-zygote.ts';

const firstDelayMs = 100;
const maxDelayMs = 5000;
const stopGraceMs = 2000;

/** Keeps one base zygote running: a dead one is replaced, after a wait that grows while it keeps dying. */
export class BaseSupervisor {
  readonly #options: BaseZygoteOptions;
  #base: Promise<BaseZygote>;
  #pid: number | undefined;
  #running = true;
  #stopping = false;

  private constructor(options: BaseZygoteOptions, base: BaseZygote) {
    this.#options = options;
    this.#base = Promise.resolve(base);
    this.#pid = base.pid;
    void this.#replaceAtEnd(base);
  }

  /** @throws when the first one does not start. */
  static async start(options: BaseZygoteOptions): Promise<BaseSupervisor> {
    return new BaseSupervisor(options, await BaseZygote.start(options));
  }

  /** The running base zygote, or the one that is being started. */
  async current(): Promise<BaseZygote> {
    return this.#base;
  }

  /** The process id of the running base zygote. */
  get pid(): number | undefined {
    return this.#running ? this.#pid : undefined;
  }

  /** Whether a base zygote runs now. */
  get running(): boolean {
    return this.#running;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    const base = await this.#base.catch(() => undefined);
    await base?.stop(stopGraceMs);
  }

  async #replaceAtEnd(base: BaseZygote): Promise<void> {
    const how = await base.ended;
    if (this.#stopping) return;
    this.#options.log.error({ message: `Python's base zygote ended with ${how}; starting another` });
    this.#running = false;
    this.#base = this.#restart();
    const next = await this.#base.catch(() => undefined); // only when stopping
    if (!next) return;
    this.#running = true;
    this.#pid = next.pid;
    void this.#replaceAtEnd(next);
  }

  async #restart(): Promise<BaseZygote> {
    for (let delayMs = firstDelayMs; ; delayMs = Math.min(2 * delayMs, maxDelayMs)) {
      if (this.#stopping) throw new Error('the engine is stopping');
      try {
        return await BaseZygote.start(this.#options);
      } catch (error) {
        this.#options.log.error({
          message: `Python's base zygote does not start: ${(error as Error).message}`,
        });
        await delay(delayMs, undefined, { ref: false });
      }
    }
  }
}
