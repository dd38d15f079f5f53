export { Admin } from './admin.ts';
export { type PageAsset, pageResponse } from './page.ts';
export type { AdminStatus, FunctionStatus, InvocationStatus, WorkerStatus } from './status.ts';
