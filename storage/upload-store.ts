import type { DataStore, Upload } from '@tus/server';

import type { StoredFile } from './store.ts';

/** What the signatures of file types are within. */
export const headBytes = 4100;

/** Where uploads lie until they are files, as `@tus/server` has it; each is one of a {@link FileStore} beside it. */
export interface UploadStore extends DataStore {
  /** Sees that a file can be kept once its content is there; where there is none, all can be. @throws {Problem} `invalid-input` */
  checkFile?(file: Pick<StoredFile, 'key' | 'type' | 'metadata'>): void;
  /** Where the content of an upload lies, for that store to adopt. */
  placeOf(id: string): string;
  /** The first bytes of one that is complete, {@link headBytes} of them at most. */
  head(upload: Upload): Promise<Buffer>;
  /** All that there are, without those of which a disk has lost what they are. */
  all(onFault: (error: Error) => void): AsyncIterable<Upload>;
  /** A folder for content that is not yet trusted. What a crash leaves there is swept at the next start. */
  readonly quarantine: string;
  /** Whether to ask it may take long, and fail. */
  readonly isRemote: boolean;
}
