import { join } from 'node:path';

import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { loadConfig, type Source, type Variable, variables } from '#lib/config';
import { findInterpreter } from '#lib/python';

import { repository } from '../project.ts';
import { blueprintText, literalsOf, parseBlueprint, uncomment } from './blueprint.ts';
import { complaintsAbout } from './schema.ts';

/** What selects Node, Python and where pip installs: read by the build, not by the service. */
const buildVariables = ['NODE_VERSION', 'PYTHON_VERSION', 'PIP_TARGET'];
/** Where Render puts the repository. */
const renderRoot = '/opt/render/project/src';

const blueprint = parseBlueprint(blueprintText);
const [service] = blueprint.services;
const literals = literalsOf(service);
const group = { HEADY_API_KEY: '1c56e4f1d9a24a0f8b3c7d2e90a1b654', HF_TOKEN: 'hf_token' };

function declarationOf(name: string | undefined): Variable | undefined {
  return Object.entries<Variable>(variables).find(([known]) => known === name)?.[1];
}

function variablesOf(source: Source): [string, Variable][] {
  return Object.entries<Variable>(variables).filter(([, variable]) => variable.source === source);
}

describe('render.yaml', () => {
  it('is a valid Blueprint', () => {
    expect(complaintsAbout(blueprint)).toEqual([]);
  });

  it('reads the same in YAML 1.1, where more words than true and false are booleans', () => {
    expect(parse(blueprintText, { version: '1.1' })).toEqual(blueprint);
  });

  it('deploys one Node web service with the commands and the health check of the protocol', () => {
    expect(blueprint.services).toHaveLength(1);
    expect(service).toMatchObject({
      name: 'heady-manager',
      type: 'web',
      runtime: 'node',
      plan: 'starter',
      buildCommand: 'npm install && pip install -r requirements.txt',
      startCommand: 'node heady-manager.js',
      healthCheckPath: '/api/health',
      autoDeployTrigger: 'commit',
    });
  });

  it('gives exactly the variables of source `blueprint` their literals, beside what the build reads', () => {
    const wanted = variablesOf('blueprint').map(([name, variable]) => [name, variable.blueprint]);
    const given = Object.entries(literals).filter(([name]) => !buildVariables.includes(name));
    expect(Object.fromEntries(given)).toEqual(Object.fromEntries(wanted));
    expect(Object.keys(literals)).toEqual(expect.arrayContaining(buildVariables));
  });

  it('sets no variable twice', () => {
    const keys = service.envVars.flatMap(({ key }) => key ?? []);
    expect(keys).toEqual([...new Set(keys)]);
  });

  it('holds no secret: they come from the group', () => {
    const secrets = service.envVars.filter(({ key }) => declarationOf(key)?.secret);
    expect(secrets).toEqual([]);
    expect(service.envVars).toContainEqual({ fromGroup: 'heady-shared-secrets' });
  });

  it('is with the secrets of the group a configuration that the service starts with', () => {
    expect(variablesOf('group').map(([name]) => name)).toEqual(Object.keys(group));
    expect(loadConfig({ ...literals, ...group }, renderRoot)).toMatchObject({
      production: true,
      mockInference: false,
    });
  });

  it('gives the drain more time than it takes', () => {
    const { HEADY_SHUTDOWN_TIMEOUT: drainMs } = loadConfig({ ...literals, ...group }, renderRoot);
    expect(service.maxShutdownDelaySeconds).toBeGreaterThan(drainMs / 1000);
  });

  it('lets pip install to where the service looks for packages', async () => {
    const bin = join(repository, '.venv/bin/python');
    const config = loadConfig({ ...literals, ...group, HEADY_PYTHON_BIN: bin }, renderRoot);
    const { environment } = await findInterpreter(config);
    expect(environment.PYTHONPATH?.split(':')).toContain(literals.PIP_TARGET);
  });

  it('selects the Node that the service needs, and a full version of a Python it runs on', () => {
    expect(literals.NODE_VERSION).toMatch(/^24\.\d+\.\d+$/);
    expect(literals.PYTHON_VERSION).toMatch(/^3\.1[1-4]\.\d+$/);
  });
});

describe('the variant with a persistent disk', () => {
  const text = uncomment(uncomment(blueprintText, 'disk:'), '- key: HEADY_DATA_DIR');
  const variant = parseBlueprint(text);

  it('is a valid Blueprint', () => {
    expect(complaintsAbout(variant)).toEqual([]);
  });

  it('tells the service where the disk is mounted, and changes nothing else', () => {
    const [{ disk, envVars, ...rest }] = variant.services;
    expect(disk).toEqual({ name: 'heady-data', mountPath: '/opt/render/project/data', sizeGB: 10 });
    expect(envVars).toEqual([
      ...service.envVars,
      { key: 'HEADY_DATA_DIR', value: '/opt/render/project/data' },
    ]);
    expect({ ...rest, envVars: service.envVars }).toEqual(service);
  });
});

describe('the variant without a group', () => {
  const text = uncomment(blueprintText, '- key: HEADY_API_KEY').replace(
    '- fromGroup: heady-shared-secrets',
    '',
  );
  const variant = parseBlueprint(text);

  it('is a valid Blueprint', () => {
    expect(complaintsAbout(variant)).toEqual([]);
  });

  it('asks for exactly the variables of source `group` in place of it', () => {
    const asked = variablesOf('group').map(([key]) => ({ key, sync: false }));
    const others = service.envVars.filter(({ fromGroup }) => fromGroup === undefined);
    expect(variant.services[0].envVars).toEqual([...asked, ...others]);
  });
});
