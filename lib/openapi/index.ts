export { openApiDocument } from './document.ts';
export { type RouteEntry } from './route-entry.ts';
