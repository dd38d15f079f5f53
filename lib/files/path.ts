import type { ObjectKey } from '#storage';

/** Where a file is to be had. */
export function pathOf(key: ObjectKey): string {
  return `/api/files/${key.split('/').map(encodeURIComponent).join('/')}`;
}
