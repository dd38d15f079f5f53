import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { execa } from 'execa';

import { repository } from '../project.ts';
import { apiKey, type TestServer } from '../server.ts';

interface Block {
  readonly language: string;
  readonly text: string;
}

interface Command {
  readonly command: string;
  /** What it prints, in which `…` stands for anything. */
  readonly output: string;
}

/** A page of the documentation, and what is to be run of it. */
export class Page {
  readonly blocks: readonly Block[];

  constructor(name: string) {
    const page = readFileSync(join(repository, 'docs', name), 'utf8');
    this.blocks = [...page.matchAll(/^```(?<language>\w+)\n(?<text>.*?)^```$/gms)].map(({ groups = {} }) => ({
      language: groups.language ?? '',
      text: groups.text ?? '',
    }));
  }

  /** Its files, by the paths that their first lines name. */
  get files(): ReadonlyMap<string, string> {
    const files = this.blocks.filter(({ language }) => language !== 'console');
    return new Map(files.map(({ text }) => [/^(?:#|\/\/) (\S+)\n/.exec(text)?.[1] ?? '', text]));
  }

  get commands(): readonly Command[] {
    const consoles = this.blocks.filter(({ language }) => language === 'console');
    return consoles.flatMap(({ text }) =>
      text
        .split(/^\$ /m)
        .slice(1)
        .map((part) => {
          const [command = '', ...output] = part.split('\n');
          return { command, output: output.join('\n').trim() };
        }),
    );
  }

  writeFiles(root: string): void {
    for (const [path, text] of this.files) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
  }
}

/** What a command prints that is given the server as `$URL` and `$KEY`. */
export async function run(command: string, { url }: TestServer, root: string): Promise<string> {
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, URL: url, KEY: apiKey };
  const { stdout } = await execa('sh', ['-c', command], { cwd: root, env, extendEnv: false });
  return stdout.trim();
}

/** What output has to look like. */
export function patternOf(output: string): RegExp {
  const parts = output.split('…').map((part) => RegExp.escape(part));
  return new RegExp(`^${parts.join('[^]*')}$`);
}
