import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeEach, describe, expect, inject, it } from 'vitest';

import { KeptLines } from '../../lib/log/kept-lines.ts';
import { apiKey, TestServer, waitFor } from '../server.ts';

const parent = mkdtempSync(join(tmpdir(), 'kept-'));
let directory: string;
let faults: string[];
let number = 0;
afterAll(() => rmSync(parent, { recursive: true }));
beforeEach(() => {
  directory = join(parent, `logs${(number += 1)}`);
  faults = [];
});

function keep(maxBytes: number): KeptLines {
  return new KeptLines({ directory, maxBytes, onFault: ({ message }) => faults.push(message) });
}

describe('lines that are kept', () => {
  it('are rotated, the oldest go, and no line is torn', async () => {
    const kept = keep(100 * 1024);
    for (let line = 0; line < 5000; line += 1) {
      kept.write(`${line} ${'x'.repeat(90)}\n`);
      if (line % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await kept[Symbol.asyncDispose]();
    const names = readdirSync(directory).filter((name) => name.endsWith('.log'));
    const lines = names.flatMap((name) => readFileSync(join(directory, name), 'utf8').trim().split('\n'));
    const bytes = names.reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
    expect(names.length).toBeGreaterThan(3);
    expect(bytes).toBeLessThan(130 * 1024);
    expect(lines.filter((line) => !/^\d+ x{90}$/.test(line))).toEqual([]);
    expect(
      lines
        .map((line) => Number.parseInt(line, 10))
        .toSorted((a, b) => a - b)
        .at(-1),
    ).toBe(4999);
    expect(faults).toEqual([]);
  });

  it('are left out where they cannot be written, which is told once', async () => {
    mkdirSync(directory);
    mkdirSync(join(directory, 'service.log'));
    const kept = keep(1024 ** 2);
    for (let line = 0; line < 10; line += 1) {
      kept.write('line\n');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(faults).toHaveLength(1);
    await kept[Symbol.asyncDispose]();
  });

  it('are those of the service, as JSON, without its secrets', async () => {
    const token = 'hf_secret_test_token';
    const env = { HEADY_DATA_DIR: parent, HF_TOKEN: token, HEADY_HF_MOCK: '1', HEADY_LOG_FORMAT: 'json' };
    const server = await TestServer.start({ root: inject('root'), env });
    await server.fetch(`/api/${token}/${apiKey}`);
    await server[Symbol.asyncDispose]();
    const text = await waitFor(() => readFileSync(join(parent, 'logs/service.log'), 'utf8') || undefined);
    const messages = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).message);
    expect(messages).toEqual(expect.arrayContaining(['listening', 'request', 'draining']));
    expect(text).toContain('/api/[HF_TOKEN]/[HEADY_API_KEY]');
    expect(text).not.toContain(token);
  });
});
