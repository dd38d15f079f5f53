import type { Blobs } from './blobs.ts';
import type { FileIndex } from './file-index.ts';
import type { FileRecord, Records } from './records.ts';

/** Makes an index anew of the records. @returns what is lost: records that cannot be read, and content that is not there. */
export async function fill(
  index: FileIndex,
  { records, blobs }: { readonly records: Records; readonly blobs: Blobs },
): Promise<Error[]> {
  const faults: Error[] = [];
  for await (const record of records.all()) {
    if (record instanceof Error) faults.push(record);
    else if (await blobs.has(record.blob)) index.set(record, undefined);
    else faults.push(contentIsLost(record));
  }
  return faults;
}

export function contentIsLost({ key, blob }: FileRecord): Error {
  return new Error(`the content of '${key}', ${blob}, is not on the disk`);
}
