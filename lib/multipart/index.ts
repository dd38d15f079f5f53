export { type Upload } from './form.ts';
export { type Multipart, readMultipart } from './read.ts';
