import type { z } from 'zod';

import type { Frame } from './frames.ts';

/** A frame's JSON, checked; undefined when a child has written nonsense. */
export function readMessage<T extends z.ZodType>(schema: T, { payload }: Frame): z.output<T> | undefined {
  try {
    return schema.parse(JSON.parse(payload.toString('utf8')));
  } catch {
    return undefined;
  }
}
