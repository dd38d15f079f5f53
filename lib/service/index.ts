export type { Health } from './health.ts';
export { Service } from './service.ts';
export { StartError, startService } from './start.ts';
