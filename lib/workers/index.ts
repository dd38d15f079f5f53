import { clientOf } from './client.ts';

/**
 * The workers with their functions, by their names in camel case: `workers/process_data.py` is `workers.processData`.
 * What is in it stands in `.heady/workers.d.ts`, which is generated from the Python files.
 */
export interface Workers {}

/**
 * Calls Python functions, for as long as a request is served: with its id, and until that is over.
 *
 * @example
 * const { answer } = await workers.processData.qa({ question: 'Who built it?' });
 * for await (const word of workers.story.tell({ about: 'rain' })) console.log(word);
 * const { etag } = await workers.shout.shout({ file: 'notes/a.txt' }, { store: 'notes/loud.txt' });
 * @throws {Problem} as `POST /api/workers/{worker}/{function}` answers
 */
export const workers = clientOf() as unknown as Workers;

export type {
  Arguments,
  CallOptions,
  PendingStream as Stream,
  Stored,
  StoreOptions,
} from './pending-call.ts';
export { camelCase } from './names.ts';
export { callsOf, currentScope, type Scope } from './scope.ts';
export { type Destination, storeReturned, type StoredReturn } from './store-returned.ts';
export type { ReturnedFile } from '#lib/python';
