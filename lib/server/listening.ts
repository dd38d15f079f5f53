import { once } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';

import type { Config } from '#lib/config';
import { StartError } from '#lib/service';

/**
 * From each of them libuv takes one connection in a turn of the event loop. With one, whoever connects while a turn takes
 * ten milliseconds and a hundred others do waits for a second. Elsewhere the kernel does not spread connections over several.
 */
const socketCount = process.platform === 'linux' ? 16 : 1;

/** A server that listens. */
export interface Listening {
  readonly port: number;
  /** Takes no more connections; settles when the last one has been closed. */
  close(): Promise<void>;
}

/** Has a server take connections. @throws {StartError} */
export async function listen(server: HttpServer, { PORT, HOST: host }: Config): Promise<Listening> {
  const others = Array.from({ length: socketCount - 1 }, () => forward(server));
  const all: Server[] = [server, ...others];
  const port = await portOf(PORT, host);
  const reusePort = all.length > 1;
  for (const each of all) await started(each, { port, host, reusePort });
  return {
    port,
    async close() {
      const closed = all.map((each) => once(each, 'close'));
      for (const each of all) each.close();
      await Promise.all(closed);
    },
  };
}

/** Another listening socket of a server. */
function forward(server: HttpServer): Server {
  const other = createServer({ allowHalfOpen: true, noDelay: true }); // as `node:http` has it
  return other.on('connection', (socket) => server.emit('connection', socket));
}

/** The port, which nobody else has: sockets that share one share it with any other of this user that would. */
async function portOf(wanted: number, host: string): Promise<number> {
  const probe = createServer();
  await started(probe, { port: wanted, host });
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

interface Place {
  readonly port: number;
  readonly host: string;
  readonly reusePort?: boolean;
}

async function started(server: Server, place: Place): Promise<void> {
  server.listen(place);
  try {
    await once(server, 'listening');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const { port, host } = place;
    if (code === 'EADDRINUSE')
      throw new StartError(`PORT ${port} is in use by another process. Stop that, or set PORT to another.`);
    throw new StartError(`HOST ${host}, PORT ${port}: cannot listen: ${message}.`);
  }
}
