import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { TestServer } from '../server.ts';
import { malformed } from './malformed-requests.ts';
import { RawConnection } from './raw-connection.ts';

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start({ root: inject('root') });
});
afterAll(() => server[Symbol.asyncDispose]());

async function statusOf(path: string): Promise<number> {
  return (await fetch(`${server.url}${path}`)).status;
}

/** The statuses of all answers that came. */
function statuses({ received }: RawConnection): number[] {
  return [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}

describe('a malformed request', () => {
  it.each(malformed)('with $name is refused with $status', async ({ bytes, status, closes }) => {
    using connection = await RawConnection.open(server.url);
    connection.sendBytes(bytes);
    await connection.receive(/^HTTP\/1\.1 \d{3} [^]*\}$/);
    if (closes) await connection.end(5000);
    else connection.send('GET /api/health HTTP/1.1', 'host: x', 'connection: close', '', '');
    await connection.end(5000);
    expect(statuses(connection)).toEqual(closes ? [status] : [status, 200]);
    expect(connection.received).toMatch(/^content-type: application\/problem\+json\r$/im);
    expect(connection.received).toMatch(/^x-request-id: [\da-f-]{36}\r$/im);
    expect(connection.received).toMatch(/^content-security-policy: default-src 'none'/im);
    expect([await statusOf('/api/health'), await statusOf('/api/workers')]).toEqual([200, 401]);
  });
});
