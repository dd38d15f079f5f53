/** On a stream something is sent this often: proxies end a connection on which nothing comes. */
const heartbeatMs = 15_000;

/** What comes first: what is waited for, the time for a heartbeat, or the end of it all, where there is one. */
export async function orHeartbeat<T>(next: Promise<T>): Promise<T | 'heartbeat'>;
export async function orHeartbeat<T>(next: Promise<T>, end: AbortSignal): Promise<T | 'heartbeat' | 'end'>;
export async function orHeartbeat<T>(next: Promise<T>, end?: AbortSignal): Promise<T | 'heartbeat' | 'end'> {
  if (end?.aborted) return 'end';
  const { promise, resolve } = Promise.withResolvers<'heartbeat' | 'end'>();
  const over = () => resolve('end');
  end?.addEventListener('abort', over);
  const timer = setTimeout(() => resolve('heartbeat'), heartbeatMs);
  return Promise.race([next, promise]).finally(() => {
    clearTimeout(timer);
    end?.removeEventListener('abort', over);
  });
}
