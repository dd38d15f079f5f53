export { Load } from './load.ts';
