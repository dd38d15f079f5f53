export { deleteFile, putFile } from './change-file.ts';
export { listedFile } from './file-headers.ts';
export { Files } from './files.ts';
export { getFile } from './get-file.ts';
