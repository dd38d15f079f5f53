export { pythonRoute } from './python-route.ts';
export { callWorker } from './worker-call.ts';
