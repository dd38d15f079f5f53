import { stripVTControlCharacters } from 'node:util';

import { type ArgsDef, type CommandDef, defineCommand, renderUsage, runCommand } from 'citty';

import { nearNames } from '#lib/python';

import { invoke } from './invoke.ts';
import { key } from './key.ts';
import type { Surroundings } from './surroundings.ts';
import { types } from './types.ts';
import { UsageError } from './usage-error.ts';
import { workers } from './workers.ts';

const name = 'npm run heady --';
const all = defineCommand({
  meta: { name, description: 'Runs the functions in workers/ from the shell, and makes keys' },
  subCommands: { invoke, workers, types, key },
});
const commands: Readonly<Record<string, Command>> = {
  invoke: command(invoke),
  workers: command(workers),
  types: command(types),
  key: command(key),
};

/** What a shell says of a process that a signal has ended. */
const statusOfSignal = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Runs the command that the words name, and sets the exit status: 0, 1 when the function has failed, 2 when the words
 * are none that it takes.
 *
 * @throws {StartError}
 */
export async function start({ root, words }: { readonly root: string; readonly words: readonly string[] }) {
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      process.exitCode = statusOfSignal[signal];
      ending.abort();
    });
  process.stdout.on('error', () => ending.abort()); // nobody reads on, as of `| head`
  const status = await runWords(words[0] === '--' ? words.slice(1) : words, { root, signal: ending.signal });
  process.exitCode ??= status;
}

async function runWords([word, ...rest]: readonly string[], surroundings: Surroundings): Promise<number> {
  if (word === undefined || isHelp(word)) return show(await renderUsage(all));
  const chosen = commands[word];
  if (!chosen) {
    console.error(`There is no command '${word}'. ${nearNames(word, Object.keys(commands))}`);
    return 2;
  }
  if (rest.some(isHelp)) return show(await chosen.help());
  try {
    return await chosen.run(rest, surroundings);
  } catch (error) {
    if (surroundings.signal.aborted) return 1;
    if (!(error instanceof UsageError) && (error as Error).name !== 'CLIError') throw error;
    console.error(`${(error as Error).message}\nSee \`${name} ${word} --help\`.`);
    return 2;
  }
}

interface Command {
  readonly help: () => Promise<string>;
  /** Tells the exit status. */
  readonly run: (words: readonly string[], surroundings: Surroundings) => Promise<number>;
}

/** A command of citty's with its arguments' types out of sight, so that there can be several in one table. */
function command<T extends ArgsDef>(definition: CommandDef<T>): Command {
  return {
    help: () => renderUsage(definition, { meta: { name } }),
    run: async (words, data) => {
      const { result } = await runCommand(definition, { rawArgs: [...words], data });
      return result as number;
    },
  };
}

function isHelp(word: string): boolean {
  return word === '--help' || word === '-h';
}

function show(text: string): number {
  const plain = process.stdout.isTTY ? text : stripVTControlCharacters(text);
  console.log(plain.replaceAll(/ +$/gm, ''));
  return 0;
}
