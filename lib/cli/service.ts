import { memoryInvocations, observedInvocations } from '#lib/records';
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
  const service: Service = await startService(root, {
    format: 'plain',
    stream: process.stderr,
    yieldsDataDirectory: true,
    invocations: observedInvocations(memoryInvocations(1), (record) => service.log.info(usageLine(record))),
  });
  try {
    return await work(service);
  } finally {
    await service.stop();
  }
}
