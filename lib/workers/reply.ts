import { withFiles } from './files.ts';
import { functionNamed, workerNamed } from './names.ts';
import type { CallOptions, Reply } from './pending-call.ts';
import type { Scope } from './scope.ts';

interface Called extends CallOptions {
  /** Its name in the service, or that in camel case. */
  readonly worker: string;
  readonly function: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** Calls a function. @throws {Problem} */
export async function reply({ python, ...caller }: Scope, called: Called): Promise<Reply> {
  const signal = called.signal ? AbortSignal.any([caller.signal, called.signal]) : caller.signal;
  const worker = workerNamed(python, called.worker);
  const described = await functionNamed(python, worker, called.function);
  return withFiles(called.input, python.directory, async (input) => {
    const call = { worker, function: described.name, ...input, requestId: caller.requestId, signal };
    if (described.item !== null) return { kind: 'items', items: await python.stream(call) };
    const { json, file } = await python.invoke(call);
    return file ? { kind: 'file', file } : { kind: 'value', value: JSON.parse(String(json)) as unknown };
  });
}
