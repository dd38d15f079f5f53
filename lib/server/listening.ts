import { once } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';

import type { Config } from '#lib/config';
import { StartError } from '#lib/service';

/**
 * From each of them libuv takes one connection in a turn of the event loop. With one, whoever connects while a turn takes
 * ten milliseconds and a hundred others do waits for a second.
 */
const socketCount = 16;

/** A server that listens. */
export interface Listening {
  readonly port: number;
  /** Takes no more connections; settles when the last one has been closed. */
  close(): Promise<void>;
}

interface Place {
  readonly port: number;
  readonly host: string;
}

/** Has a server take connections. @throws {StartError} */
export async function listen(server: HttpServer, { PORT, HOST: host }: Config): Promise<Listening> {
  try {
    const port = await freePort({ port: PORT, host });
    const all = await listenTogether(server, { port, host });
    return { port, close: async () => closeAll(all) };
  } catch (error) {
    throw cannotListen(error as NodeJS.ErrnoException, { port: PORT, host });
  }
}

/** The port, which nobody else has: sockets that share one share it with any other of this user that would. */
async function freePort(place: Place): Promise<number> {
  const probe = createServer();
  await listening(probe, place);
  const { port } = probe.address() as AddressInfo;
  await closeAll([probe]);
  return port;
}

/** Opens the sockets; one where the kernel does not spread connections over several (`SO_REUSEPORT` of socket(7)). */
async function listenTogether(server: HttpServer, place: Place): Promise<Server[]> {
  try {
    await listening(server, { ...place, reusePort: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') throw error;
    await listening(server, place);
    return [server];
  }
  const others = Array.from({ length: socketCount - 1 }, () => forwardTo(server));
  for (const other of others) await listening(other, { ...place, reusePort: true });
  return [server, ...others];
}

function forwardTo(server: HttpServer): Server {
  const other = createServer({ allowHalfOpen: true, noDelay: true }); // as `node:http` has it
  return other.on('connection', (socket) => server.emit('connection', socket));
}

async function listening(server: Server, place: Place & { readonly reusePort?: boolean }): Promise<void> {
  server.listen(place);
  await once(server, 'listening');
}

async function closeAll(servers: readonly Server[]): Promise<void> {
  const closed = servers.map((each) => once(each, 'close'));
  for (const each of servers) each.close();
  await Promise.all(closed);
}

function cannotListen({ code, message }: NodeJS.ErrnoException, { port, host }: Place): StartError {
  return new StartError(
    code === 'EADDRINUSE'
      ? `PORT ${port} is in use by another process. Stop that, or set PORT to another.`
      : `HOST ${host}, PORT ${port}: cannot listen: ${message}.`,
  );
}
