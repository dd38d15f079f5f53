export { start } from './run.ts';
export { ensureVenv } from './venv.ts';
