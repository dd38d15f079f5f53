export { safeFileName } from './file-name.ts';
export type { FilePart } from './form.ts';
export { invalid } from './part-head.ts';
export { type Multipart, readMultipart, type Upload } from './read.ts';
export { receiveForm } from './receive.ts';
