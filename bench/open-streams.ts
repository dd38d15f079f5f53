import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

import { requestHeaders, serviceCommand } from './front-door-subjects.ts';
import type { Row } from './report.ts';
import { ServerProcess } from './server-process.ts';

const streams = 10;
const restMs = 500;

/** From SIGTERM to the exit of a server that has streams without an end open and nothing else to do. */
export async function measureOpenStreams(root: string, path: string): Promise<Row> {
  await using server = await ServerProcess.start({ ...serviceCommand(root), path: '/api/health' });
  const agent = new Agent();
  const responses = await Promise.all(
    Array.from({ length: streams }, async () => open(`${server.url}${path}`, agent)),
  );
  const isOpen = responses.filter(isEventStream);
  const endings = Promise.all(isOpen.map(endOf));
  await delay(restMs);
  const seconds = (await server.end()) / 1000;
  agent.destroy();
  const whole = (await endings).filter((ending) => ending === 'end').length;
  const statuses = [...new Set(responses.map(({ statusCode }) => statusCode))].join(', ');
  return {
    measure: `SIGTERM with ${streams} streams of ${path} open: until exit`,
    result: { value: isOpen.length === streams ? seconds : NaN, unit: 's' },
    figures:
      isOpen.length === streams
        ? [`${whole} of ${streams} streams were ended, not broken off`]
        : [`${isOpen.length} of ${streams} were opened: status ${statuses}`],
    target: 'openStreamsSeconds',
  };
}

async function open(url: string, agent: Agent): Promise<IncomingMessage> {
  const headers = { ...requestHeaders, accept: 'text/event-stream' };
  const outgoing = request(url, { agent, headers }).end();
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  response.resume();
  return response;
}

function isEventStream({ statusCode, headers }: IncomingMessage): boolean {
  return statusCode === 200 && (headers['content-type'] ?? '').startsWith('text/event-stream');
}

async function endOf(response: IncomingMessage): Promise<'end' | 'broken off'> {
  return once(response, 'end').then(
    () => 'end' as const,
    () => 'broken off' as const,
  );
}
