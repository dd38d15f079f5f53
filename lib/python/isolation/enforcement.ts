import { existsSync } from 'node:fs';
import { join } from 'node:path';

import type { Log } from '#lib/log';

import type { Verdict } from '../calls/serving.ts';
import { readGroupFile } from '../memory/instance-memory.ts';

/** Something that this service promises of its Python processes, and whether this host was seen to enforce it. */
export interface Rule {
  readonly name: string;
  /** `open`: it was tried, and it went through. */
  readonly state: 'enforced' | 'open' | 'untested';
  /** What was seen; what is open, where it is not enforced. */
  readonly detail: string;
  /** It is open to those who ask for it, on every host. */
  readonly byDesign?: true;
}

/** What the attempts are aimed at. */
export interface Targets {
  readonly server: number;
  /** The processes of the engine beside the one that tries: zygotes and children of others. */
  readonly others: readonly number[];
  /** Those above the service: npm, a shell. */
  readonly ancestors: readonly number[];
  /** The project's root. */
  readonly root: string;
  /** Holds the engine's sockets and the temporary directories of all. */
  readonly runDirectory: string;
  readonly sockets: readonly string[];
}

type Finding = Pick<Rule, 'state' | 'detail'>;

interface Probe {
  readonly rule: string;
  /** A function of `workers/heady/probes.py`. */
  readonly function: string;
  readonly input: (targets: Targets) => object;
  readonly judge: (verdict: Verdict) => Finding;
}

const nothing = () => ({});

/** A limit holds where the service ended the call for it. */
function endedBy(...limits: readonly string[]): Probe['judge'] {
  return (verdict) => {
    const by =
      verdict.kind === 'stopped' ? verdict.by : verdict.kind === 'error' ? verdict.error.code : verdict.kind;
    if (limits.includes(by)) return { state: 'enforced', detail: 'a call that passed it was ended' };
    const wentOn = verdict.kind === 'result' || verdict.kind === 'stopped';
    return wentOn ? { state: 'open', detail: `a call that passed it came to: ${by}` } : cameTo(verdict);
  };
}

/** What is not to be reached was not where the function names nothing. */
function reachedNothing(verdict: Verdict): Finding {
  if (verdict.kind !== 'result') return cameTo(verdict);
  const reached = JSON.parse(String(verdict.output.json)) as unknown[];
  return reached.length === 0
    ? { state: 'enforced', detail: 'every attempt was refused' }
    : { state: 'open', detail: `reached: ${reached.join(', ')}` };
}

/** The attempt itself went wrong, which says nothing of the rule. */
function cameTo({ kind }: Verdict): Finding {
  return { state: 'untested', detail: `the attempt came to: ${kind}` };
}

function entries(pids: readonly number[], names: readonly string[]): string[] {
  return pids.flatMap((pid) => names.map((name) => `/proc/${pid}/${name}`));
}

function isGone(verdict: Verdict): Finding {
  if (verdict.kind !== 'result') return cameTo(verdict);
  const left = existsSync(`/proc/${verdict.output.json}`);
  return left
    ? { state: 'open', detail: 'a process that left the group and session of its call outlived it' }
    : { state: 'enforced', detail: 'a process that left the group and session of its call ended with it' };
}

const probes: readonly Probe[] = [
  { rule: 'wall time', function: 'sleep', input: nothing, judge: endedBy('timeout') },
  { rule: 'CPU time', function: 'spin', input: nothing, judge: endedBy('cpu') },
  {
    rule: 'memory',
    function: 'allocate',
    input: nothing,
    judge: endedBy('memory', 'worker-memory-exceeded'),
  },
  {
    rule: 'memory of descendants',
    function: 'allocate_in_descendant',
    input: nothing,
    judge: endedBy('memory'),
  },
  { rule: 'disk', function: 'fill', input: nothing, judge: endedBy('disk', 'worker-disk-exceeded') },
  { rule: 'processes', function: 'multiply', input: nothing, judge: endedBy('processes') },
  {
    rule: 'size of the result',
    function: 'say',
    input: nothing,
    judge: endedBy('output', 'worker-output-too-large'),
  },
  { rule: 'end of all processes of a call', function: 'leave', input: nothing, judge: isGone },
  {
    rule: 'reading files of the service',
    function: 'read',
    input: ({ root, runDirectory }) => ({
      paths: [root, join(root, 'package.json'), runDirectory, '/tmp', '/root'],
    }),
    judge: reachedNothing,
  },
  {
    rule: 'writing files of the service',
    function: 'write',
    input: ({ root }) => ({ paths: [join(root, 'package.json'), join(root, 'heady-manager.js')] }),
    judge: reachedNothing,
  },
  {
    rule: 'reading memory and environment of the service',
    function: 'read',
    input: ({ server }) => ({ paths: entries([server], ['mem', 'environ', 'fd/0']) }),
    judge: reachedNothing,
  },
  {
    rule: 'reading memory and environment of other workers',
    function: 'read',
    input: ({ others }) => ({ paths: entries(others, ['mem', 'environ', 'fd/0']) }),
    judge: reachedNothing,
  },
  {
    rule: 'reading the environment of what started the service',
    function: 'read',
    input: ({ ancestors }) => ({ paths: entries(ancestors, ['environ']) }),
    judge: reachedNothing,
  },
  {
    rule: 'signals to the service',
    function: 'signal',
    input: ({ server }) => ({ pids: [server] }),
    judge: reachedNothing,
  },
  {
    rule: 'signals to other workers',
    function: 'signal',
    input: ({ others }) => ({ pids: others }),
    judge: reachedNothing,
  },
  { rule: 'signals to all', function: 'signal_all', input: nothing, judge: reachedNothing },
  {
    rule: 'limits of other processes',
    function: 'limit',
    input: ({ server, others }) => ({ pids: [server, ...others] }),
    judge: reachedNothing,
  },
  {
    rule: "the engine's sockets",
    function: 'connect',
    input: ({ sockets }) => ({ sockets }),
    judge: reachedNothing,
  },
  {
    rule: 'system calls that no worker needs',
    function: 'call_kernel',
    input: nothing,
    judge: reachedNothing,
  },
];

/** What is shared by those who ask for it. */
const byDesign: readonly Rule[] = [
  {
    name: 'shared memory of functions with shm=True',
    state: 'open',
    byDesign: true,
    detail: 'they have /dev/shm in common, and can read and write what another of them keeps there',
  },
  {
    name: 'variables of secrets_at_import',
    state: 'open',
    byDesign: true,
    detail: 'every function of the file can read them, as they are in the memory that all its processes copy',
  },
];

interface EnforcementOptions {
  /** Calls a function of the probes, and ends what is left of it. */
  readonly call: (name: string, input: object) => Promise<Verdict>;
  readonly log: Log;
}

/** What this host enforces, found by trying to break each rule. */
export class Enforcement {
  readonly #options: EnforcementOptions;
  #rules: readonly Rule[] = probes.map(({ rule: name }) => ({ name, state: 'untested', detail: '' }));

  constructor(options: EnforcementOptions) {
    this.#options = options;
  }

  get rules(): readonly Rule[] {
    return [...this.#rules, oomGroup(), ...byDesign];
  }

  /** Tries to break each, one after the other. */
  async test(targets: Targets): Promise<void> {
    for (const probe of probes) {
      const seen = await this.#try(probe, targets);
      this.#rules = this.#rules.map((rule) =>
        rule.name === probe.rule ? { name: rule.name, ...seen } : rule,
      );
    }
    const { log } = this.#options;
    const open = this.#rules.filter(({ state }) => state === 'open');
    if (open.length === 0)
      log.info({ message: `this host enforces every rule of Python's isolation that was tested` });
    for (const { name, detail } of open)
      log.warn({ message: `this host does not enforce: ${name} (${detail})` });
  }

  async #try({ function: name, input, judge }: Probe, targets: Targets): Promise<Finding> {
    try {
      return judge(await this.#options.call(name, input(targets)));
    } catch (error) {
      return { state: 'untested', detail: `the attempt failed: ${(error as Error).message}` };
    }
  }
}

/** Whether the kernel would end all processes of the service for the memory of one. */
function oomGroup(): Rule {
  const name = 'the end of one process alone when memory runs out';
  const value = readGroupFile('memory.oom.group');
  if (!value) return { name, state: 'enforced', detail: 'the kernel here ends single processes' };
  return value.trim() === '1'
    ? {
        name,
        state: 'open',
        detail: 'memory.oom.group is set: the service ends the largest call before that',
      }
    : { name, state: 'enforced', detail: 'memory.oom.group is 0' };
}
