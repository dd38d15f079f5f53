import { accessSync, constants, readFileSync, realpathSync, statfsSync, statSync } from 'node:fs';

import { formatBytes } from '#lib/config';

/** Less is soon too little for anything. */
const leastFreeBytes = 16 * 1024 ** 2;

interface DataDirectoryOptions {
  readonly path: string | undefined;
  /** On Render a folder is gone with the next deploy unless a disk is mounted there. */
  readonly onRender: boolean;
  readonly mountInfo?: string;
}

/** Whether what is written is still there after a deploy; `why` says why not, and what to do. */
export type Durability =
  | {
      readonly durability: 'persistent';
      readonly path: string;
      /** What is to be seen to, though what is there lasts. */
      readonly warning?: string;
    }
  | { readonly durability: 'ephemeral'; readonly why: string };

/**
 * Looks whether the data directory is what it is taken for: there, writable, with room, and on Render a disk of its own.
 *
 * @see https://www.kernel.org/doc/Documentation/filesystems/proc.rst (3.5, mountinfo)
 */
export function checkDataDirectory({
  path,
  onRender,
  mountInfo = '/proc/self/mountinfo',
}: DataDirectoryOptions): Durability {
  if (path === undefined)
    return ephemeral(
      `HEADY_DATA_DIR is not set: files last until the next deploy at most. Mount a disk, and set it to the disk's path; or set S3_BUCKET.`,
    );
  const fault = faultOf(path);
  if (fault !== undefined) return ephemeral(`HEADY_DATA_DIR is ${path}, which ${fault}.`);
  if (onRender && !isMountPoint(path, mountInfo))
    return ephemeral(
      `HEADY_DATA_DIR is ${path}, which is an ordinary folder: the next deploy erases it. Add a disk to the service with this mount path.`,
    );
  const warning = lowRoom(path);
  return { durability: 'persistent', path, ...(warning !== undefined && { warning }) };
}

function ephemeral(why: string): Durability {
  return { durability: 'ephemeral', why };
}

function faultOf(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return 'is not there';
  if (!stat.isDirectory()) return 'is no folder';
  try {
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch {
    return 'is not to be written by this service';
  }
  return undefined;
}

function lowRoom(path: string): string | undefined {
  const { bavail, bsize } = statfsSync(path);
  if (bavail * bsize >= leastFreeBytes) return undefined;
  return `HEADY_DATA_DIR is ${path}, which has no more than ${formatBytes(bavail * bsize)} left: what is there lasts, and little can be stored. Delete files, or grow the disk.`;
}

/** Of these kinds a mount is gone with its instance, or is the instance. */
const fleeting: ReadonlySet<string> = new Set(['tmpfs', 'ramfs', 'overlay']);

/** The fifth field is where something is mounted, with blanks and backslashes in octal; what kind it is follows a dash. */
function isMountPoint(path: string, mountInfo: string): boolean {
  const real = realpathSync(path);
  const mounts = readFileSync(mountInfo, 'utf8')
    .split('\n')
    .map((line) => line.split(' '));
  const kinds = mounts
    .filter((fields) => unescaped(fields[4] ?? '') === real)
    .map((fields) => fields[fields.indexOf('-') + 1] ?? '');
  const kind = kinds.at(-1); // the last one mounted is what is seen
  return kind !== undefined && !fleeting.has(kind) && real !== '/';
}

function unescaped(field: string): string {
  return field.replaceAll(/\\(\d{3})/g, (_, octal: string) =>
    String.fromCodePoint(Number.parseInt(octal, 8)),
  );
}
