import { withFiles } from './files.ts';
import { functionNamed, workerNamed } from './names.ts';
import type { CallOptions, Reply, StoreOptions } from './pending-call.ts';
import type { Scope } from './scope.ts';
import { type StoredReturn, storeReturned } from './store-returned.ts';

interface Called {
  /** Its name in the service, or that in camel case. */
  readonly worker: string;
  readonly function: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly options: CallOptions & Partial<StoreOptions>;
}

/** Calls a function. @throws {Problem} */
export async function reply(scope: Scope, called: Called): Promise<Reply> {
  const { python, files, requestId, caller } = scope;
  const { signal: own, store, ...change } = called.options;
  const signal = own ? AbortSignal.any([scope.signal, own]) : scope.signal;
  const worker = workerNamed(python, called.worker);
  const described = await functionNamed(python, worker, called.function);
  return withFiles(called.input, python.directory, async (input) => {
    const call = {
      worker,
      function: described.name,
      ...input,
      files: () => files,
      requestId,
      caller,
      signal,
    };
    if (store !== undefined) return storedReply(await storeReturned(scope, call, { store, ...change }));
    if (described.item !== null) return { kind: 'items', items: await python.stream(call) };
    const { json, file } = await python.invoke(call);
    return file ? { kind: 'file', file } : { kind: 'value', value: JSON.parse(String(json)) as unknown };
  });
}

function storedReply({ stored: { file, mount } }: StoredReturn): Reply {
  return { kind: 'value', value: { ...file, durability: mount.durability } };
}
