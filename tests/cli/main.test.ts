import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Project } from '../project.ts';
import { alone, heady, makeShop } from './command.ts';

let project: Project;

beforeAll(() => {
  project = makeShop();
});
afterAll(() => project[Symbol.dispose]());

describe('the words', () => {
  it.each([
    [['invok', 'shop', 'price'], "There is no command 'invok'. Did you mean 'invoke'?"],
    [['invoke', 'shp', 'price'], "There is no worker 'shp'. Did you mean 'shop'?"],
    [['invoke', 'shop', 'prise'], "Worker 'shop' has no function 'prise'. Did you mean 'price'?"],
    [['invoke', 'shop', 'price', '--inptu', '{}'], "There is no option '--inptu'. Did you mean '--input'?"],
    [['invoke', 'shop', 'price', '--no-strean'], "There is no option '--strean'. Did you mean '--stream'?"],
    [['invoke', 'shop', 'price', 'twice'], "'twice' is one word too many."],
    [['invoke', 'shop'], 'Missing required positional argument: FUNCTION'],
  ])('that are wrong are told, with the nearest: %j', async (words, message) => {
    const { stdout, stderr, exitCode } = await heady(project.root, words);
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 2 });
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it.each([[['--']], [['--help']], [['--', '--help']]])('%j ask for help', async (words) => {
    const { stdout, stderr, exitCode } = await heady(project.root, words);
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
    expect(stdout).toMatch(/^ +invoke .*\n +workers /m);
  });

  it('of a command may ask for its help', async () => {
    const { stdout, exitCode } = await heady(project.root, ['invoke', '--help']);
    expect(exitCode).toBe(0);
    for (const name of ['WORKER', 'FUNCTION', '--input', '--watch', '--stream'])
      expect(stdout).toContain(name);
  });

  it('run by npm as the README has it', async () => {
    const options = { cwd: project.root, ...alone };
    expect((await execa('npm', ['run', 'heady'], options)).stdout).toContain(
      'USAGE npm run heady -- invoke|workers',
    );
    const words = [
      'run',
      '--silent',
      'heady',
      '--',
      'invoke',
      'shop',
      'price',
      '--input',
      '{"tea": "green"}',
    ];
    expect(await execa('npm', words, options)).toMatchObject({ stdout: '{"green":2}', exitCode: 0 });
  });
});
