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

/**
 * Takes no new connections and no new work, waits for the requests that run, at most `HEADY_SHUTDOWN_TIMEOUT`, then
 * ends every process.
 */
export async function shutDown({ server, connections, service }: Serving): Promise<void> {
  const { log, config } = service;
  log.info({ message: 'draining', running: service.python.load.running, queued: service.python.load.queued });
  service.drain();
  const closed = once(server, 'close').then(() => 'closed' as const);
  server.close(); // idle connections are closed, others when their response has ended
  connections.closeAfterUse();
  const ended = await Promise.race([
    closed,
    delay(config.HEADY_SHUTDOWN_TIMEOUT, 'late' as const, { ref: false }),
  ]);
  if (ended === 'late')
    log.warn(`requests still run after ${formatDuration(config.HEADY_SHUTDOWN_TIMEOUT)}: ending them`);
  server.closeAllConnections();
  await service.stop();
  log.info('stopped');
}
