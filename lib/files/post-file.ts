import type { H3Event } from 'h3';

import { isMultipart } from '#lib/http';
import { type FilePart, invalid, receiveForm } from '#lib/multipart';
import { pointerTo, Problem } from '#lib/problems';

import { checkUndigested } from './digests.ts';
import { metadataOfFields } from './metadata.ts';
import { type Destination, storeFile } from './store-file.ts';

/**
 * Stores the file of a form, with the fields before it as its metadata. It is there when the form has been read to its end,
 * and not before.
 *
 * @throws {Problem}
 */
export async function postFile(event: H3Event, destination: Destination): Promise<Response> {
  if (!isMultipart(event))
    throw new Problem(
      'unsupported-media-type',
      'A form is wanted: multipart/form-data. PUT takes a body of any type.',
    );
  checkUndigested(event.req);
  const whole = Promise.withResolvers<void>();
  whole.promise.catch(() => undefined); // is told by the form
  let storing: Promise<Response> | undefined;
  const onFile = async (file: FilePart, before: ReadonlyMap<string, readonly string[]>) => {
    if (storing) throw invalid(pointerTo(file.field), 'is a second file: send each in a form of its own');
    const { content, read } = heldOpen(file.content, whole.promise);
    storing = storeFile(event, destination, { ...file, content, metadata: metadataOfFields(before) });
    await Promise.race([read, storing]);
  };
  try {
    await receiveForm(event, { onFile });
    whole.resolve();
  } catch (error) {
    whole.reject(error);
    await storing?.catch(() => undefined); // leaves nothing before this is answered
    throw error;
  }
  if (storing) return await storing;
  throw invalid('', 'there is no file in the form: a part with a file name');
}

/** Content that has not ended until something else has; `read` settles when it has been read. */
function heldOpen(content: AsyncIterable<Uint8Array>, until: Promise<void>) {
  const read = Promise.withResolvers<void>();
  const held = async function* () {
    yield* content;
    read.resolve();
    await until;
  };
  return { content: held(), read: read.promise };
}
