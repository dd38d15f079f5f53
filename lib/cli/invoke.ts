import { randomUUID } from 'node:crypto';

import { defineCommand } from 'citty';

import type { Output } from '#lib/python';
import type { Service } from '#lib/service';

import { type Input, openInput } from './input.ts';
import { print } from './print.ts';
import { runOnChange } from './run-on-change.ts';
import { withService } from './service.ts';
import { strict } from './strict.ts';
import type { Surroundings } from './surroundings.ts';
import { statusOf, tell } from './telling.ts';

export const invoke = defineCommand({
  meta: {
    name: 'invoke',
    description: 'Calls a function as the service does: result on stdout, log on stderr',
  },
  args: {
    worker: { type: 'positional', required: true, description: 'Name of a file in workers/, without .py' },
    function: { type: 'positional', required: true, description: 'Name of a function in it' },
    input: {
      type: 'string',
      valueHint: 'json|@file|-',
      description:
        'Arguments as a JSON object, the file that has them, or stdin (default: {}, or what is piped in)',
    },
    watch: { type: 'boolean', description: 'Call it again whenever its code is saved' },
    stream: { type: 'boolean', description: 'Print the items of a generator as they come, one a line' },
  },
  plugins: [strict],
  run: async ({ args, data }): Promise<number> => {
    const { root, signal } = data as Surroundings;
    const input = await openInput(args.input, signal);
    if (!args.watch) await input.read(); // what cannot be read is said before Python is started
    const target = { worker: args.worker, function: args.function, input, stream: args.stream === true };
    return invokeTarget(target, { root, signal, watch: args.watch === true });
  },
});

/** What is called, and how its answer is wanted. */
interface Target {
  readonly worker: string;
  readonly function: string;
  readonly input: Input;
  readonly stream: boolean;
}

async function invokeTarget(
  target: Target,
  { root, signal, watch }: Surroundings & { readonly watch: boolean },
): Promise<number> {
  return withService({ root, signal }, async (service) => {
    if (!watch) return call(service, target, signal);
    await runOnChange({ service, worker: target.worker, signal }, (current) =>
      call(service, target, current),
    );
    return 0;
  });
}

/** Calls it once and prints what it returns, or says why it has not; tells the exit status. */
async function call(service: Service, target: Target, signal: AbortSignal): Promise<number> {
  try {
    const input = await target.input.read();
    await answer(service, target, { input, signal });
    return 0;
  } catch (error) {
    if (signal.aborted) return 1;
    service.log.error(tell(error, target.input.source));
    return statusOf(error);
  }
}

async function answer(
  { python, files }: Service,
  { worker, function: name, stream }: Target,
  given: { readonly input: Uint8Array; readonly signal: AbortSignal },
): Promise<void> {
  const order = { worker, function: name, requestId: randomUUID(), files: () => files, ...given };
  if (stream) return print(lines(await python.stream(order)), given.signal);
  return print(bytesOf(await python.invoke(order)), given.signal);
}

async function* bytesOf({ json, file, response }: Output): AsyncGenerator<Uint8Array> {
  if (file) yield* file.stream();
  else if (response) yield response.body;
  else yield* lines([json]);
}

async function* lines(values: Iterable<Buffer> | AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const value of values) yield Buffer.concat([value, Buffer.from('\n')]);
}
