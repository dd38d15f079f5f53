/** Fastify with nothing. */
import fastify from 'fastify';

const app = fastify();
app.get('/api/measured', async () => ({ hello: 'world', number: 7 }));
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' });
