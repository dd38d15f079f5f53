import { type InvocationRecord, memoryInvocations } from '#lib/records';
import { type Service, startService } from '#lib/service';

import type { Surroundings } from './surroundings.ts';
import { usageLine } from './telling.ts';

/**
 * Runs a command's work with the engine, the inference gateway and, where there is no token, the mock, as the server
 * has them. The log goes to stderr, a line for each invocation with what it used among it. All of it is gone
 * afterwards.
 *
 * @throws {StartError}
 */
export async function withService<T>(
  { root }: Surroundings,
  work: (service: Service) => Promise<T>,
): Promise<T> {
  if (process.env.NODE_ENV !== 'production') {
    const { ensureVenv } = await import('#lib/dev'); // in production pip has run when the service was built
    await ensureVenv(root, ['requirements.txt']);
  }
  const kept = memoryInvocations(1);
  const add = (record: InvocationRecord) => {
    kept.add(record);
    service.log.info(usageLine(record));
  };
  const service: Service = await startService(root, {
    format: 'plain',
    stream: process.stderr,
    invocations: { ...kept, add },
  });
  try {
    return await work(service);
  } finally {
    await service.stop();
  }
}
