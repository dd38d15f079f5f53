import { Upload, type UploadOptions } from 'tus-js-client';

import { apiKey } from '../server.ts';

interface Uploading {
  readonly upload: Upload;
  readonly done: Promise<void>;
  /** How far the upload was, each time that the client has asked. */
  readonly offsets: readonly number[];
}

/** An upload by the official client, as a program would make it, with patience for a server that starts again. */
export function uploadBy(url: string, content: Buffer, options: UploadOptions): Uploading {
  const { promise: done, resolve, reject } = Promise.withResolvers<void>();
  const offsets: number[] = [];
  const upload = new Upload(content, {
    endpoint: `${url}/api/uploads`,
    headers: { authorization: `Bearer ${apiKey}` },
    retryDelays: Array.from({ length: 20 }, () => 500),
    onSuccess: () => resolve(),
    onError: reject,
    onAfterResponse: (request, response) => {
      if (request.getMethod() === 'HEAD' && response.getStatus() === 200)
        offsets.push(Number(response.getHeader('upload-offset')));
    },
    ...options,
  });
  done.catch(() => undefined); // of interest to who waits for it
  return { upload, done, offsets };
}
