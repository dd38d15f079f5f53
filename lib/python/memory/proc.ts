import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Reading /proc: what it tells of a process may be gone, or not ours to see, by the time that it is read. */

/** A file's text; nothing where there is none. */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** The names in a folder. */
export function namesIn(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/** Where a link leads. */
export function targetOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

/** What a status file, or one of its kind, tells in kilobytes, as bytes; 0 where it does not. */
export function bytesOf(text: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) * 1024;
}

/** The fields of a stat file after the command's name, which may itself hold spaces and brackets. */
export function statFields(pid: number): string[] {
  const stat = readText(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** Resident memory, by the fields of a stat file; 0 of a process that has ended. */
export function residentBytesOf(fields: readonly string[]): number {
  return Number(fields[21] ?? 0) * pageBytes;
}

const pageBytes = 4096;
