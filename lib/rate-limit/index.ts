export { type Counter, type CounterFactory, type Quota, RateLimit, type Requester } from './rate-limit.ts';
