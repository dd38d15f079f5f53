import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The answer of `GET /api/health`. A part that is down is named in `degraded`; the service still answers. */
export interface Health {
  readonly ok: boolean;
  readonly service: 'heady-manager';
  readonly version: string;
  /** Seconds since the start. */
  readonly uptime: number;
  readonly state: 'starting' | 'ready' | 'draining';
  readonly checks: Readonly<Record<string, unknown>>;
  readonly degraded?: readonly string[];
}

/** The version in the project's package.json. */
export function readVersion(root: string): string {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  return version;
}
