export { type Running, runService, StartError } from './run.ts';
