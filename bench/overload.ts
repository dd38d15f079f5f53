import { measureFloods } from './flood.ts';
import { measureOpenStreams } from './open-streams.ts';
import type { Row } from './report.ts';
import { measureSlowConnections } from './slow-connections.ts';

/** What the service does when more comes than it can do, and when it must go while it is watched. */
export async function measureOverload(root: string): Promise<Row[]> {
  return [
    ...(await measureSlowConnections(root)),
    ...(await measureFloods(root)),
    await measureOpenStreams(root, '/api/admin/events'),
  ];
}
