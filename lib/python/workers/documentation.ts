import { formatBytes, formatDuration } from '#lib/config';

import type { ListedFunction } from './listing.ts';

/** What a reader is told of a function: its docstring, and the limits that its callers may meet. */
export function documentationOf({ description, limits }: ListedFunction): string {
  const bounds = [
    `timeout ${formatDuration(limits.timeoutMs)}`,
    `memory ${formatBytes(limits.memoryBytes)}`,
    `output ${formatBytes(limits.outputBytes)}`,
  ];
  return [...(description === null ? [] : [description, '']), `Limits: ${bounds.join(', ')}.`].join('\n');
}

/** The first line of its docstring; empty where it has none. */
export function summaryOf({ description }: ListedFunction): string {
  const [summary = ''] = description?.trim().split('\n', 1) ?? [];
  return summary;
}
