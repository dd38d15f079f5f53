/** Express with the usual middleware for what the front door does, but for a key. */
import cors from 'cors';
import express from 'express';
import { rateLimit } from 'express-rate-limit';
import helmet from 'helmet';
import morgan from 'morgan';

const { PORT, BENCH_ORIGIN = '', BENCH_RATE_LIMIT } = process.env;

const app = express();
app.use(morgan('combined'));
app.use(helmet());
app.use(cors({ origin: [BENCH_ORIGIN] }));
app.use(
  rateLimit({
    windowMs: 1000,
    limit: Number(BENCH_RATE_LIMIT),
    standardHeaders: 'draft-8',
    legacyHeaders: false,
  }),
);
app.get('/api/measured', (_request, response) => {
  response.json({ hello: 'world', number: 7 });
});
app.listen(Number(PORT), '127.0.0.1');
