export type { Health } from './health.ts';
export { Service, type WorkerListing } from './service.ts';
export { StartError, startService } from './start.ts';
