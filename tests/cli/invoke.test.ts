import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { DiskStore, lockDirectory, parseKey } from '#storage';

import { processTree } from '../processes.ts';
import type { Project } from '../project.ts';
import { waitFor } from '../server.ts';
import { environmentBlocks } from '../server/environment-blocks.ts';
import { alone, heady, invoke, makeShop, usage } from './command.ts';

let project: Project;

beforeAll(() => {
  project = makeShop();
});
afterAll(() => project[Symbol.dispose]());

describe('a call', () => {
  it('has the result on stdout, what the function says and uses on stderr', async () => {
    const { stdout, stderr, exitCode } = await invoke(project.root, [
      'price',
      '--input',
      '{"tea": "green", "cups": 3}',
    ]);
    expect({ stdout, exitCode }).toEqual({ stdout: '{"green":6}', exitCode: 0 });
    const [said, used, ...rest] = stderr.split('\n');
    expect({ said, rest }).toEqual({ said: 'pouring green', rest: [] });
    expect(used).toMatch(usage('shop.price', 'ok'));
  });

  it('has inference, by the mock where there is no token', async () => {
    const input = '{"question": "Who built it?", "context": "Gustave Eiffel built it."}';
    const { stdout } = await heady(project.root, ['invoke', 'process_data', 'qa', '--input', input]);
    expect(JSON.parse(String(stdout))).toMatchObject({ answer: 'Gustave Eiffel' });
  });

  it('shows what is logged, with level, place and traceback where something is amiss', async () => {
    const { stderr } = await invoke(project.root, ['complain']);
    expect(stderr).toMatch(
      /^invocation\nwarn {2}cold workers\/shop\.py:\d+\nerror no tea workers\/shop\.py:\d+\n(?: {2}.*\n)+ {2}ValueError: out of water\nshop\.complain: ok/,
    );
  });

  it('prints the file that a function returns', async () => {
    expect(await invoke(project.root, ['receipt'])).toMatchObject({ stdout: '2 cups', exitCode: 0 });
  });

  it('is given a stored file by its key', async () => {
    const data = mkdtempSync(join(tmpdir(), 'data-'));
    const options = { type: 'text/plain', signal: new AbortController().signal };
    const store = await DiskStore.open({ directory: join(data, 'files'), quotaBytes: 1000 });
    await store.put(parseKey('orders/monday.txt'), new Blob(['12 cups']).stream(), options);
    await store[Symbol.asyncDispose]();
    const input = ['weigh', '--input', '{"order": "orders/monday.txt"}'];
    const { stdout } = await invoke(project.root, input, { env: { HEADY_DATA_DIR: data } });
    expect(stdout).toBe('"monday.txt: 12 cups"');
    const lock = lockDirectory(data); // as a server has it
    const beside = await invoke(project.root, input, { env: { HEADY_DATA_DIR: data } });
    expect(beside.stderr).toMatch(
      /warn .*HEADY_DATA_DIR is .*, which another process has in use.*: this one does without/,
    );
    expect(beside.stderr).toContain("There is no stored file 'orders/monday.txt'");
    lock?.[Symbol.dispose]();
    rmSync(data, { recursive: true });
  });

  it('that fails says where in its own code, once', async () => {
    const { stdout, stderr, exitCode } = await invoke(project.root, ['brew']);
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 1 });
    expect(stderr).toMatch(/^error worker-error: shop\.brew: ValueError: out of water\n(?:.*\n)+.*_boil\(\)/);
    expect(stderr.split('in _boil').length - 1).toBe(1);
    expect(stderr).toMatch(usage('shop.brew', 'worker-error'));
  });

  it('shows what the function logs with its level and traceback', async () => {
    const { stderr, exitCode } = await invoke(project.root, ['stir']);
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/^invocation$/m);
    expect(stderr).toMatch(
      /^error no tea workers\/shop\.py:\d+\n {2}Traceback .*\n(?: {4}.*\n)+ {2}ValueError: out of water$/m,
    );
  });

  it('is held to its limits', async () => {
    const { stderr, exitCode } = await invoke(project.root, ['steep']);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^error worker-timeout: shop\.steep was ended at its timeout limit of 300ms\.$/m);
    expect(stderr).toMatch(usage('shop.steep', 'worker-timeout'));
  });

  it('of a worker that does not load says why', async () => {
    const { stderr, exitCode } = await heady(project.root, ['invoke', 'broken', 'broken']);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/does not load: SyntaxError: .*\(workers\/broken\.py, line 2\)/);
  });

  it('ends with all its processes when it is interrupted', async () => {
    const command = heady(project.root, ['invoke', 'shop', 'wait'], { detached: true });
    let said = '';
    command.stderr?.on('data', (data: Buffer) => (said += data));
    await waitFor(() => said.includes('waiting'));
    const pids = processTree(command.pid ?? 0).map(({ pid }) => pid);
    expect(pids.length).toBeGreaterThan(3);
    process.kill(-(command.pid ?? 0), 'SIGINT'); // the whole group, as a terminal does
    expect((await command).exitCode).toBe(130);
    expect(said).toMatch(usage('shop.wait', 'canceled'));
    await waitFor(() => pids.every((pid) => processTree(pid).length === 0));
  });

  it('shows no secret in the environment block of the process that runs Python, nor below it', async () => {
    const command = heady(project.root, ['invoke', 'shop', 'wait'], {
      env: { HF_TOKEN: 'hf_not_to_be_seen' },
    });
    let said = '';
    command.stderr?.on('data', (data: Buffer) => (said += data));
    await waitFor(() => said.includes('waiting'));
    const child = processTree(command.pid ?? 0).find(({ parent }) => parent === command.pid);
    const blocks = environmentBlocks(child?.pid ?? 0);
    expect(blocks.length).toBeGreaterThan(3);
    expect(blocks.join('\n')).not.toContain('hf_not_to_be_seen');
    command.kill('SIGTERM');
    expect((await command).exitCode).toBe(143);
  });
});

describe('a stream', () => {
  it('comes item by item, each as a line', async () => {
    const command = heady(project.root, ['invoke', 'shop', 'count', '--stream', '--input', '{"to": 3}']);
    const seen: { readonly text: string; readonly at: number }[] = [];
    command.stdout?.on('data', (data: Buffer) => seen.push({ text: data.toString(), at: performance.now() }));
    expect((await command).exitCode).toBe(0);
    expect(seen.map(({ text }) => text)).toEqual(['0\n', '1\n', '2\n']);
    expect((seen.at(-1)?.at ?? 0) - (seen[0]?.at ?? 0)).toBeGreaterThan(300);
  });

  it('that breaks has its items, and why there are no more', async () => {
    const { stdout, stderr, exitCode } = await invoke(project.root, ['spill', '--stream']);
    expect({ stdout, exitCode }).toEqual({ stdout: '1', exitCode: 1 });
    expect(stderr).toContain('error worker-error: shop.spill: ValueError: spilt');
  });

  it('ends when its reader has gone', async () => {
    const line = `node heady-manager.js invoke shop count --stream --input '{"to": 10000}' | head -1`;
    const { stdout, stderr } = await execa('sh', ['-c', line], { cwd: project.root, ...alone });
    expect(stdout).toBe('0');
    expect(stderr).not.toMatch(/EPIPE|^\s+at /m);
    expect(stderr).toMatch(usage('shop.count', 'canceled'));
  });

  it('is refused of a function that is no generator', async () => {
    const { stderr, exitCode } = await invoke(project.root, ['brew', '--stream']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('shop.brew is no generator');
  });
});
