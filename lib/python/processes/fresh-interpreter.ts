import { FrameKind } from '../wire/frames.ts';
import type { BaseZygote } from '../workers/base-zygote.ts';
import type { OpenOrder } from '../workers/worker-zygote.ts';
import type { Child, OutputSink } from './child.ts';
import { prepared } from './offspring.ts';

interface FreshOptions {
  /** Of the function whose profile binds the process. */
  readonly order: OpenOrder & { readonly function: string };
  readonly variables: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Gets what it writes until it serves a call. */
  readonly sink: (pid: number) => OutputSink;
}

/**
 * A process of a worker in an interpreter of its own, when it is ready; undefined when the base zygote has gone with it.
 *
 * @throws {WorkerFailure} it says why it cannot serve, or ends, or takes longer than `timeoutMs`.
 */
export async function startFresh(
  base: BaseZygote,
  { order, variables, timeoutMs, sink }: FreshOptions,
): Promise<Child | undefined> {
  const child = await base.fork();
  child.output.redirect(sink(child.pid));
  child.connection.sendJson(FrameKind.spawn, order);
  child.connection.sendJson(FrameKind.prepare, variables);
  return prepared(child, timeoutMs);
}
