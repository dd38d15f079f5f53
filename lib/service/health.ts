import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { InferenceHealth } from '#lib/inference';

/** The answer of `GET /api/health`. A part that is down is named in `degraded`; the service still answers. */
export interface Health {
  readonly ok: boolean;
  readonly service: 'heady-manager';
  readonly version: string;
  /** Seconds since the start. */
  readonly uptime: number;
  readonly state: 'starting' | 'ready' | 'draining';
  readonly checks: {
    readonly python: {
      readonly ok: boolean;
      readonly version: string;
      readonly running: number;
      readonly queued: number;
    };
    readonly storage: { readonly ok: boolean; readonly durability: 'persistent' | 'ephemeral' };
    /** Absent where no backend is configured. */
    readonly inference: InferenceHealth | undefined;
  };
  readonly degraded?: readonly string[];
}

/** The version in the project's package.json. */
export function readVersion(root: string): string {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  return version;
}
