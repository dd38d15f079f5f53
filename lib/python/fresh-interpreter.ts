import type { BaseZygote } from './base-zygote.ts';
import type { Child } from './child.ts';
import { FrameKind } from './frames.ts';
import { prepared } from './offspring.ts';
import type { OpenOrder } from './worker-zygote.ts';

interface FreshOptions {
  /** Of the function whose profile binds the process. */
  readonly order: OpenOrder & { readonly function: string };
  readonly variables: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/**
 * A process of a worker in an interpreter of its own, when it is ready; undefined when the base zygote has gone with it.
 *
 * @throws {WorkerFailure} it says why it cannot serve, or ends, or takes longer than `timeoutMs`.
 */
export async function startFresh(
  base: BaseZygote,
  { order, variables, timeoutMs }: FreshOptions,
): Promise<Child | undefined> {
  const child = await base.fork();
  child.connection.sendJson(FrameKind.spawn, order);
  child.connection.sendJson(FrameKind.prepare, variables);
  return prepared(child, timeoutMs);
}
