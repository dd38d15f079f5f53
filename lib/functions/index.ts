export { acceptedItemFormat } from './accept.ts';
export { itemStreamResponse } from './item-stream-response.ts';
export { pythonRoute } from './python-route.ts';
export { callWorker } from './worker-call.ts';
