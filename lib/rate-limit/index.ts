export { type Counter, type CounterFactory, type Quota, RateLimit } from './rate-limit.ts';
