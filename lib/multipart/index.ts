export { type Upload } from './form.ts';
export { type Multipart, type MultipartOptions, readMultipart } from './read.ts';
