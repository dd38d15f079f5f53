import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { ConfigError, loadConfig, variables } from '#lib/config';
import { findInterpreter } from '#lib/python';

import { repository } from '../project.ts';
import { blueprintText, literalsOf, parseBlueprint } from './blueprint.ts';

const page = readFileSync(join(repository, 'docs/deploy.md'), 'utf8');
const [service] = parseBlueprint(blueprintText).services;
const deployed = {
  ...literalsOf(service),
  HEADY_API_KEY: '1c56e4f1d9a24a0f8b3c7d2e90a1b654',
  HF_TOKEN: 'hf_token',
};

function problemsWith(environment: Record<string, string>): readonly string[] {
  try {
    loadConfig(environment, repository);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

describe('docs/deploy.md', () => {
  it.each([
    ['neither secret', { NODE_ENV: 'production' }, 2],
    ['a short key', { ...deployed, HEADY_API_KEY: 'short' }, 1],
    ['a value that does not fit', { ...deployed, HEADY_PY_TIMEOUT: 'abc' }, 1],
    ['one of several that belong together', { ...deployed, GITHUB_APP_ID: '1' }, 1],
  ])('quotes what a start with %s says', (_name, environment, count) => {
    const problems = problemsWith(environment);
    expect(problems).toHaveLength(count);
    for (const problem of problems) expect(page).toContain(`\n${problem}\n`);
  });

  it('quotes what a start without a usable Python says', async () => {
    const config = loadConfig({ ...deployed, HEADY_PYTHON_BIN: '/nowhere/python' }, repository);
    const refusal = await findInterpreter(config).catch(String);
    expect(refusal).toMatch(/^InterpreterError: /);
    const message = String(refusal)
      .replace('InterpreterError: ', '')
      .replace(/\(.*?\)/, '(…)');
    expect(page).toContain(`\nPython: ${message}\n`);
  });

  it('quotes the warnings, the one at every start with render.yaml among them', () => {
    const environment = { ...deployed, HEADY_API_KYE: 'x', HEADY_SHUTDOWN_TIMEOUT: '60s' };
    const { warnings } = loadConfig(environment, repository);
    expect(warnings).toHaveLength(3);
    for (const warning of warnings) expect(page).toContain(`\n${warning}\n`);
  });

  it('names no variable that the service does not know', () => {
    const named = new Set(page.match(/\b(?:HEADY|HF|REMOTE_GPU|GITHUB_APP|S3)_[A-Z_]+\b/g));
    named.delete('HEADY_API_KYE'); // the page's example of a misspelling
    expect([...named].filter((name) => !(name in variables))).toEqual([]);
  });

  it('gives the commands and the health check as render.yaml does', () => {
    for (const field of ['buildCommand', 'startCommand', 'healthCheckPath'])
      expect(page).toContain(`| \`${String(service[field])}\` |`);
  });
});
