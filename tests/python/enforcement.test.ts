import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { createLog, Redactor } from '../../lib/log/index.ts';
import type { Verdict } from '../../lib/python/calls/serving.ts';
import { Enforcement, type Rule } from '../../lib/python/isolation/enforcement.ts';
import { checkSandbox } from '../../lib/python/isolation/sandbox-policy.ts';
import { TestServer, waitFor } from '../server.ts';
import { landlockAbi, sandboxed } from './sandboxed.ts';

async function rulesOf(server: TestServer): Promise<Map<string, Rule>> {
  const response = await server.fetch('/api/admin/status');
  const { enforcement } = (await response.json()) as { enforcement: Rule[] };
  return new Map(enforcement.map((rule) => [rule.name, rule]));
}

async function tested(server: TestServer): Promise<Map<string, Rule>> {
  await waitFor(
    () => server.lines.find(({ message }) => /this host (?:enforces|does not)/.test(message)),
    60_000,
  );
  return rulesOf(server);
}

const limits = [
  'wall time',
  'CPU time',
  'memory',
  'memory of descendants',
  'disk',
  'processes',
  'size of the result',
  'end of all processes of a call',
];
const sandbox = [
  'reading files of the service',
  'writing files of the service',
  'reading memory and environment of the service',
  'signals to the service',
  'signals to other workers',
  "the engine's sockets",
  'system calls that no worker needs',
];

describe('the table of what is enforced', () => {
  const servers = new Map<string, TestServer>();

  beforeAll(async () => {
    for (const policy of ['auto', 'off'])
      servers.set(
        policy,
        await TestServer.start({ root: inject('root'), env: { HEADY_PY_SANDBOX: policy } }),
      );
  });
  afterAll(async () => {
    for (const server of servers.values()) await server[Symbol.asyncDispose]();
  });

  const server = (policy: string) => servers.get(policy) ?? expect.fail(policy);

  it('says that nothing is tested yet when the service has just started', async () => {
    await using fresh = await TestServer.start({ root: inject('root') });
    expect((await rulesOf(fresh)).get('memory')?.state).toBe('untested');
  });

  it.skipIf(landlockAbi < 6)(
    'says that all is enforced where it is',
    async () => {
      const rules = await tested(server('auto'));
      for (const name of [...limits, ...sandbox])
        expect(rules.get(name), name).toMatchObject({ state: 'enforced' });
    },
    90_000,
  );

  it('says what is open where nothing confines a process, while its limits hold', async () => {
    const rules = await tested(server('off'));
    for (const name of limits) expect(rules.get(name), name).toMatchObject({ state: 'enforced' });
    for (const name of [
      'reading files of the service',
      'writing files of the service',
      'signals to the service',
    ])
      expect(rules.get(name), name).toMatchObject({
        state: 'open',
        detail: expect.stringContaining('reached: '),
      });
    await server('off').line(({ message }) =>
      message.startsWith('this host does not enforce: signals to the service'),
    );
  }, 90_000);
});

describe('a sandbox that is required', () => {
  it('is refused by name where the kernel does not have it', () => {
    expect(() => checkSandbox('require', { landlock: 0, seccomp: true })).toThrow(
      /this kernel has no Landlock/,
    );
    expect(() => checkSandbox('require', { landlock: 0, seccomp: false })).toThrow(
      /Landlock .* and no seccomp/,
    );
    expect(() => checkSandbox('auto', { landlock: 0, seccomp: false })).not.toThrow();
  });

  it.skipIf(!sandboxed)('lets the service start where it does', async () => {
    await using server = await TestServer.start({
      root: inject('root'),
      env: { HEADY_PY_SANDBOX: 'require' },
    });
    expect((await server.call('types/asynchronous', { value: 1 })).status).toBe(200);
  });
});

describe('a rule that does not hold', () => {
  const log = createLog({ format: 'json', level: 'error', redactor: new Redactor(new Map()) });
  const targets = { server: 1, others: [], ancestors: [], root: '/', runDirectory: '/x', sockets: [] };

  async function seen(verdict: Verdict): Promise<Map<string, string>> {
    const enforcement = new Enforcement({ call: async () => verdict, log });
    await enforcement.test(targets);
    return new Map(enforcement.rules.map(({ name, state }) => [name, state]));
  }

  it('is open when the call that broke it came to its end', async () => {
    const states = await seen({ kind: 'result', output: { json: Buffer.from('["/etc/shadow"]') } });
    for (const name of [...limits.slice(0, -1), ...sandbox]) expect(states.get(name), name).toBe('open');
  });

  it('is untested when the attempt itself came to nothing', async () => {
    const states = await seen({ kind: 'canceled' });
    for (const name of sandbox) expect(states.get(name), name).toBe('untested');
  });
});
