/** How an invocation of a Python function ended. */
export type Outcome =
  | 'ok'
  | 'canceled'
  | `worker-${string}`
  | 'invalid-input'
  /** The status of a `heady.HTTPError`. */
  | `http-${number}`;

/** What an invocation has used of inference. */
export interface InferenceUsage {
  readonly calls: number;
  /** Of them, those without an answer. */
  readonly failed: number;
  /** Tokens; estimated where the backend does not count them. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly durationMs: number;
  /** Attempts after the first. */
  readonly retries: number;
  /** Texts whose vectors were in the cache. */
  readonly cacheHits: number;
  /** Who has answered, as `backend/model`. */
  readonly models: readonly string[];
}

/** What is kept of one invocation. Times in milliseconds, sizes in bytes. */
export interface InvocationRecord {
  readonly id: string;
  readonly requestId: string;
  readonly worker: string;
  readonly function: string;
  readonly startedAt: string;
  readonly outcome: Outcome;
  /** Why it failed, in one line; absent when it did not. */
  readonly detail?: string;
  readonly queueMs: number;
  readonly runMs: number;
  readonly cpuMs: number;
  /** Highest measured use of memory above an idle child's; 0 when the invocation ended before it was measured. */
  readonly peakMemoryBytes: number;
  readonly minorFaults: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Of what the function wrote to its log, what was too much to keep. */
  readonly cutBytes: number;
  /** Absent where it has asked for none. */
  readonly inference?: InferenceUsage;
}

/** Where records are kept. The ring in memory is one; a database is another. */
export interface InvocationStore {
  add(record: InvocationRecord): void;
  get(id: string): Promise<InvocationRecord | undefined>;
  /** The newest first. */
  list(options: { readonly limit: number }): Promise<readonly InvocationRecord[]>;
}

/** A store that tells of each record that it is given. */
export function observedInvocations(
  store: InvocationStore,
  observe: (record: InvocationRecord) => void,
): InvocationStore {
  return {
    add(record) {
      store.add(record);
      observe(record);
    },
    get: async (id) => store.get(id),
    list: async (options) => store.list(options),
  };
}

/** Keeps the last `capacity` records in memory. */
export function memoryInvocations(capacity = 1000): InvocationStore {
  const records = new Map<string, InvocationRecord>(); // in the order of their arrival
  return {
    add(record) {
      records.set(record.id, record);
      const oldest = records.size > capacity ? records.keys().next().value : undefined;
      if (oldest !== undefined) records.delete(oldest);
    },
    get: async (id) => records.get(id),
    list: async ({ limit }) => [...records.values()].slice(-limit).toReversed(),
  };
}
