import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import type { Targets } from './enforcement.ts';
import { type InstanceWatchdog } from './instance-watchdog.ts';
import { serveCall, type Verdict } from './invocation.ts';
import type { Limits } from './limits.ts';
import type { DescribedFunction } from './messages.ts';
import { statFields } from './proc.ts';
import { processTree } from './process-tree.ts';
import type { WorkerZygote } from './worker-zygote.ts';

interface SelfTestOptions {
  /** The probes, loaded like any worker. */
  readonly zygote: WorkerZygote;
  readonly limitsOf: (described: DescribedFunction) => Limits;
  readonly instance: InstanceWatchdog;
}

/** Calls a function of the probes as a request would, and waits until nothing is left of it. */
export async function callProbe(
  name: string,
  input: object,
  { zygote, limitsOf, instance }: SelfTestOptions,
): Promise<Verdict> {
  const described = zygote.functions.get(name);
  if (!described) throw new Error(`there is no probe '${name}'`);
  const lease = await zygote.take(described);
  const order = { invocationId: 'self-test', requestId: 'self-test', function: name, environment: {} };
  const { verdict } = await serveCall(lease, order, Buffer.from(JSON.stringify(input)), {
    limits: limitsOf(described),
    signal: new AbortController().signal,
    instance,
    idlePid: () => zygote.idlePid(),
  });
  await lease.finish(verdict);
  return verdict;
}

/** What the probes are aimed at: this process, what it has started and what has started it. */
export function targetsOf(root: string, runDirectory: string, base: number | undefined): Targets {
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
