import { once } from 'node:events';
import type { Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

import { formatDuration } from '#lib/config';
import type { Service } from '#lib/service';

import type { Connections } from './connections.ts';

interface Serving {
  readonly server: Server;
  readonly connections: Connections;
  readonly service: Service;
}

/** For so long after the signal requests still come from whoever has not noticed: they are served as before. */
const noticeMs = 500;
/** What has no end in that time after its work has ended does not keep the process from ending. */
const stopMs = 10_000;

/**
 * Says that it ends, and takes requests for a moment more; then takes none, waits for those that run, all of it at
 * most `HEADY_SHUTDOWN_TIMEOUT`, and ends every process.
 *
 * @throws {Error} some part does not end.
 */
export async function shutDown({ server, connections, service }: Serving): Promise<void> {
  const { log, config, python } = service;
  const timeoutMs = config.HEADY_SHUTDOWN_TIMEOUT;
  log.info({ message: 'draining', ...python.load });
  const late = delay(timeoutMs, 'late' as const, { ref: false });
  service.drain();
  connections.announceClose();
  await delay(Math.min(noticeMs, timeoutMs));
  log.info({ message: 'taking no new work', ...python.load });
  service.close();
  const closed = once(server, 'close').then(() => 'closed' as const);
  server.close(); // idle connections are closed, others when their response has ended
  connections.closeAfterUse();
  if ((await Promise.race([closed, late])) === 'late')
    log.warn(`requests still run after ${formatDuration(timeoutMs)}: ending them`);
  server.closeAllConnections();
  await stop(service);
  log.info('stopped');
}

async function stop(service: Service): Promise<void> {
  const late = delay(stopMs, 'late' as const, { ref: false });
  if ((await Promise.race([service.stop(), late])) === 'late')
    throw new Error(`the service's parts have not ended in ${formatDuration(stopMs)}`);
}
