export { start } from './run.ts';
