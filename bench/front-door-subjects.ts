import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { build, repository } from '../tests/project.ts';
import { apiKey } from '../tests/server.ts';
import { type ServerCommand, ServerProcess } from './server-process.ts';
import { productionEnvironment } from './service.ts';

export const path = '/api/measured';
export const expectedBody = '{"hello":"world","number":7}';
const origin = 'https://app.example.com';
/** The same for all, so that none spares itself work. */
export const requestHeaders = { authorization: `Bearer ${apiKey}`, origin };

/** What an answer shows of a front door; by its name here, the header that does. */
const shown = {
  'security headers': 'content-security-policy',
  CORS: 'access-control-allow-origin',
  'rate limit': 'ratelimit',
} as const;
export type Shown = keyof typeof shown;

export const subjectNames = {
  service: 'service',
  fastify: 'Fastify with plugins',
  express: 'Express with plugins',
  nitro: 'bare Nitro',
  bareFastify: 'bare Fastify',
  nodeHttp: 'node:http alone',
} as const;
export type SubjectName = keyof typeof subjectNames;

/** Which of what a front door does an answer does not show. */
export function missingIn(headers: Headers): Shown[] {
  const names = [...headers.keys()];
  return (Object.keys(shown) as Shown[]).filter(
    (part) => !names.some((name) => name.replace(/^x-/, '').startsWith(shown[part])),
  );
}

/** A project of Nitro's with one route, built. */
export async function makeNitroProject(): Promise<Disposable & { readonly root: string }> {
  const root = mkdtempSync(join(tmpdir(), 'nitro-'));
  cpSync(join(import.meta.dirname, 'baseline/front-door/nitro'), root, { recursive: true });
  symlinkSync(join(repository, 'node_modules'), join(root, 'node_modules'));
  await build(root);
  return { root, [Symbol.dispose]: () => rmSync(root, { recursive: true }) };
}

interface Roots {
  readonly service: string;
  readonly nitro: string;
}

/** Starts one of what is compared. `env` is set besides. */
export async function startSubject(
  name: SubjectName,
  roots: Roots,
  env: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> {
  const subject = commands(roots)[name];
  return ServerProcess.start({ ...subject, env: { ...subject.env, ...env }, path });
}

/** In a second: nobody comes near it. */
const rateLimit = '1000000';

type Command = Omit<ServerCommand, 'path'>;

/** Our server with all of the front door that the environment can turn on. */
export function serviceCommand(root: string): Command {
  return {
    command: ['node', 'heady-manager.js'],
    cwd: root,
    env: {
      ...productionEnvironment,
      HOST: '127.0.0.1',
      HEADY_RATE_LIMIT_MAX: rateLimit,
      HEADY_RATE_LIMIT_WINDOW: '1s',
      HEADY_CORS_ORIGINS: origin,
      HEADY_LOG_FORMAT: 'json',
    },
  };
}

function commands({ service, nitro }: Roots) {
  return {
    service: serviceCommand(service),
    fastify: baseline('fastify-plugins.ts'),
    express: baseline('express-plugins.ts'),
    nitro: {
      command: ['node', join(nitro, '.output/server/index.mjs')],
      cwd: nitro,
      env: { HOST: '127.0.0.1' },
    },
    bareFastify: baseline('fastify-bare.ts'),
    nodeHttp: baseline('node-http.ts'),
  } satisfies Record<SubjectName, Command>;
}

function baseline(file: string): Command {
  return {
    command: ['node', join(import.meta.dirname, 'baseline/front-door', file)],
    cwd: repository,
    env: { BENCH_KEY: apiKey, BENCH_ORIGIN: origin, BENCH_RATE_LIMIT: rateLimit },
  };
}
