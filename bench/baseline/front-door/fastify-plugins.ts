/** Fastify with its own plugins for what the front door does. */
import bearerAuth from '@fastify/bearer-auth';
import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import fastify from 'fastify';

const { PORT, BENCH_KEY = '', BENCH_ORIGIN = '', BENCH_RATE_LIMIT } = process.env;

const app = fastify({ logger: true });
await app.register(helmet);
await app.register(cors, { origin: [BENCH_ORIGIN] });
await app.register(rateLimit, { max: Number(BENCH_RATE_LIMIT), timeWindow: '1 second' });
await app.register(bearerAuth, { keys: new Set([BENCH_KEY]) });
app.get('/api/measured', async () => ({ hello: 'world', number: 7 }));
await app.listen({ port: Number(PORT), host: '127.0.0.1' });
