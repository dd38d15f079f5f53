export { deleteFile } from './delete-file.ts';
export { listEntry } from './file-headers.ts';
export { Files, type FoundFile } from './files.ts';
export { getFile } from './get-file.ts';
export { linkAccess, makeLink } from './links.ts';
export { postFile } from './post-file.ts';
export { putFile } from './put-file.ts';
