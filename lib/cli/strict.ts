import type { ArgsDef, CittyPlugin } from 'citty';

import { nearNames } from '#lib/python';

import { UsageError } from './usage-error.ts';

/** Refuses options and words that a command does not take, which citty passes on. */
export const strict: CittyPlugin = {
  name: 'strict',
  setup({ args, cmd }) {
    const taken = Object.entries((cmd.args ?? {}) as ArgsDef);
    const words = taken.filter(([, { type }]) => type === 'positional').map(([name]) => name);
    const options = taken.filter(([, { type }]) => type !== 'positional').map(([name]) => `--${name}`);
    const given = Object.keys(args).filter((name) => name !== '_' && !words.includes(name));
    const unknown = given.map((name) => `--${name}`).find((option) => !options.includes(option));
    if (unknown) throw new UsageError(`There is no option '${unknown}'. ${nearNames(unknown, options)}`);
    const extra = args._[words.length];
    if (extra !== undefined) throw new UsageError(`'${extra}' is one word too many.`);
  },
};
