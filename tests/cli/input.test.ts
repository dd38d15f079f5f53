import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Project } from '../project.ts';
import { waitFor } from '../server.ts';
import { alone, heady, invoke, makeShop, usage } from './command.ts';

let project: Project;

beforeAll(() => {
  project = makeShop();
  mkdirSync(join(project.root, 'orders'));
  write('orders/torn.json', '{"tea": "green",\n');
});
afterAll(() => project[Symbol.dispose]());

function write(path: string, text: string): void {
  writeFileSync(join(project.root, path), text);
}

describe('the input', () => {
  const green = '{"tea": "green"}';
  const answer = { stdout: '{"green":2}', exitCode: 0 };

  it('comes from a file, by its path from where the command is run', async () => {
    write('orders/green.json', `\n  ${green}\n`);
    const words = ['price', '--input', '@green.json'];
    expect(await invoke(project.root, words, { cwd: join(project.root, 'orders') })).toMatchObject(answer);
    const env = { INIT_CWD: join(project.root, 'orders') }; // as npm says it
    expect(await invoke(project.root, words, { env })).toMatchObject(answer);
  });

  it('comes from stdin, by `-` or when something is piped in', async () => {
    expect(
      await invoke(project.root, ['price', '--input', '-'], { stdin: 'pipe', input: green }),
    ).toMatchObject(answer);
    expect(await invoke(project.root, ['price'], { stdin: 'pipe', input: green })).toMatchObject(answer);
  });

  it('on the command line comes before a stdin that nobody closes', async () => {
    expect(await invoke(project.root, ['price', '--input', green], { stdin: 'pipe' })).toMatchObject(answer);
  });

  it('that stdin does not give is waited for, which a line says, until interrupted', async () => {
    const command = heady(project.root, ['invoke', 'shop', 'price'], { stdin: 'pipe' });
    let said = '';
    command.stderr?.on('data', (data: Buffer) => (said += data));
    await waitFor(() => said === 'Reading the input from stdin …\n');
    command.kill('SIGINT');
    expect(await command).toMatchObject({
      stdout: '',
      stderr: 'Reading the input from stdin …',
      exitCode: 130,
    });
  });

  it('is empty where there is none, also when stdin is closed', async () => {
    const line = `node ${project.root}/heady-manager.js invoke shop price <&-`;
    const { stderr, exitCode } = await execa('sh', ['-c', line], { cwd: project.root, ...alone });
    expect(exitCode).toBe(1);
    expect(stderr).toContain('error invalid-input: 1 invalid field.\n  /tea: Field required\n');
  });

  it.each([
    ['--input', '{"tea": green}', /^error --input: Invalid JSON: .* at line 1 column 9$/m],
    ['--input', '@orders/torn.json', /^error @orders\/torn\.json: Invalid JSON: .* at line 2 column 0$/m],
    ['--input', '@orders/none.json', /^@orders\/none\.json cannot be read: ENOENT/],
  ])('that is no JSON says where: %s %s', async (option, value, message) => {
    const { stdout, stderr, exitCode } = await invoke(project.root, ['price', option, value]);
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 2 });
    expect(stderr).toMatch(message);
  });

  it('that does not fit the hints says which field', async () => {
    const { stderr, exitCode } = await invoke(project.root, [
      'price',
      '--input',
      '{"tea": "green", "cups": "many", "mugs": 1}',
    ]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^ {2}\/cups: .*integer.*\n {2}\/mugs: /m);
    expect(stderr).toMatch(usage('shop.price', 'invalid-input'));
  });
});
