import { type CallOptions, PendingCall, type StoreOptions } from './pending-call.ts';
import { reply } from './reply.ts';
import { currentScope } from './scope.ts';

type Call = (
  input?: Readonly<Record<string, unknown>>,
  options?: CallOptions & Partial<StoreOptions>,
) => PendingCall;

/** What `workers` is when it runs: any name is a worker, any name in it a function, until the service knows better. */
export function clientOf(): Readonly<Record<string, Readonly<Record<string, Call>>>> {
  return named((worker) =>
    named((name): Call => (input = {}, options = {}) => {
      const scope = currentScope(`workers.${worker}.${name}`);
      return new PendingCall(reply(scope, { worker, function: name, input, options }));
    }),
  );
}

/** An object that has a value under every name. No promise: `then` would make it one. */
function named<T>(valueOf: (name: string) => T): Readonly<Record<string, T>> {
  const values = new Map<string, T>();
  return new Proxy(Object.freeze({}), {
    get(_target, name) {
      if (typeof name === 'symbol' || name === 'then') return undefined;
      const value = values.get(name) ?? valueOf(name);
      values.set(name, value);
      return value;
    },
  });
}
