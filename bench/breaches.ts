import { TestServer } from '../tests/server.ts';
import { formatNumber, type Row } from './report.ts';
import { productionEnvironment } from './service.ts';
import { median } from './statistics.ts';

const limits = ['timeout', 'cpu', 'memory', 'disk', 'processes'] as const;
const runs = 8;

/** From a limit's being passed, as the function itself says, to the caller's answer and to the end of its processes. */
export async function measureBreaches(root: string): Promise<Row[]> {
  await using server = await TestServer.start({ root, env: productionEnvironment });
  const rows: Row[] = [];
  for (const limit of limits) {
    const answers: number[] = [];
    const ends: number[] = [];
    for (let run = 0; run < runs; run += 1) {
      const { answerMs, endMs } = await breach(server, limit);
      answers.push(answerMs);
      ends.push(endMs);
    }
    rows.push({
      measure: `From passing the ${limit} limit to the end of all processes, at most`,
      result: { value: Math.max(...ends), unit: 'ms' },
      figures: [
        `median ${formatNumber(median(ends))} ms`,
        `answer to the caller: median ${formatNumber(median(answers))} ms, at most ${formatNumber(Math.max(...answers))} ms`,
        `${runs} calls`,
      ],
      target: 'breachMilliseconds',
    });
  }
  return rows;
}

async function breach(server: TestServer, limit: string): Promise<{ answerMs: number; endMs: number }> {
  const response = await server.call(`breaches/${limit}`);
  const answeredAt = Date.now();
  const { code } = (await response.json()) as { code?: string };
  if (!code?.startsWith('worker-')) throw new Error(`breaches/${limit} came to ${code}`);
  const requestId = response.headers.get('x-request-id');
  const invocation = await server.line(
    (line) => line.message === 'invocation' && line.requestId === requestId,
  );
  const said = await server.line((line) => line.message.startsWith('breach') && line.requestId === requestId);
  const breachedAt = Number(said.message.split(' ')[1]);
  return {
    answerMs: Math.max(0, answeredAt - breachedAt),
    endMs: Math.max(0, Date.parse(String(invocation.time)) - breachedAt),
  };
}
