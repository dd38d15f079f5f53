import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { Config } from '#lib/config';
import type { FetchHandler } from '#lib/http';
import { type Service, StartError, startService } from '#lib/service';

import { trackConnections } from './connections.ts';
import { endingAfter, endOnSignals } from './ending.ts';
import { onFaults } from './faults.ts';
import { createHttpServer } from './http-server.ts';
import { shutDown } from './shutdown.ts';
import { WebSockets } from './web-sockets.ts';

export interface RunOptions {
  /** The project's root. */
  readonly root: string;
  readonly handler: FetchHandler;
}

/** A service that listens. */
export interface Running {
  readonly service: Service;
  /** Where it is to be reached from this machine. */
  readonly url: string;
}

/**
 * Runs the service until it gets SIGTERM or SIGINT; then it drains and the process exits with 0.
 *
 * @throws {StartError}
 */
export async function runService({ root, handler }: RunOptions): Promise<Running> {
  const service = await startService(root);
  const { config } = service;
  const webSockets = new WebSockets(service);
  const server = createHttpServer(service, webSockets.over(handler));
  webSockets.listen(server);
  const connections = trackConnections(server);
  await listen(server, config).catch(async (error: unknown) => {
    await service.stop();
    throw error;
  });
  const end = endingAfter(() => shutDown({ server, connections, service }), service.log);
  endOnSignals(end);
  onFaults(service.log, end);
  const { port } = server.address() as AddressInfo;
  service.log.info({
    message: 'listening',
    host: config.HOST,
    port,
    node: process.version,
    python: service.python.interpreter.version,
  });
  void service.checkStorage();
  service
    .prepare()
    .catch((error: unknown) => service.log.error({ message: 'preparing Python failed', error }));
  return { service, url: `http://localhost:${port}` };
}

async function listen(server: Server, { PORT: port, HOST: host }: Config): Promise<void> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE')
      throw new StartError(`PORT ${port} is in use by another process. Stop that, or set PORT to another.`);
    throw new StartError(`HOST ${host}, PORT ${port}: cannot listen: ${message}.`);
  }
}
