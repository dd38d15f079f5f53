export { type Running, runService } from './run.ts';
