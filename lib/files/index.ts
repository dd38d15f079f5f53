export { deleteFile } from './delete-file.ts';
export { listEntry } from './file-headers.ts';
export { type ChangeOptions, Files, type FoundFile, type PutFile } from './files.ts';
export { getFile } from './get-file.ts';
export { linkAccess, makeLink } from './links.ts';
export { postFile } from './post-file.ts';
export { conditionsOf } from './preconditions.ts';
export { putFile } from './put-file.ts';
export { putResponse } from './put-response.ts';
