import { describe, expect, it } from 'vitest';

import { everyField } from './every-field.ts';
import { complaintsAbout } from './schema.ts';

const web = {
  name: 'site',
  type: 'web',
  runtime: 'node',
  buildCommand: 'npm install',
  startCommand: 'node site.js',
};
const disk = { name: 'data', mountPath: '/var/data' };
const { runtime: _runtime, ...webWithoutRuntime } = web;
const { startCommand: _startCommand, ...webWithoutStart } = web;

describe('the schema of a Blueprint accepts', () => {
  it('the web service that the refused ones are variants of', () => {
    expect(complaintsAbout({ services: [web] })).toEqual([]);
    expect(complaintsAbout({ services: [{ ...web, disk }] })).toEqual([]);
  });

  it('every kind of service, variable, database, group and project', () => {
    expect(complaintsAbout(everyField)).toEqual([]);
  });
});

/** Each case is a valid web service but for the one thing named. */
describe('the schema of a Blueprint refuses', () => {
  it.each([...withUnknownField(everyField)])('an unknown field in %s', (_path, blueprint) => {
    expect(complaintsAbout(blueprint)).not.toEqual([]);
  });

  it.each<[string, object, string]>([
    ["another type's field", { ...web, schedule: '0 * * * *' }, 'schedule'],
    ['an unknown plan', { ...web, plan: 'hobby' }, '/plan'],
    ['an unknown region', { ...web, region: 'paris' }, '/region'],
    ['an unknown type', { ...web, type: 'service' }, '/type'],
    ['an unknown runtime', { ...web, runtime: 'nodejs' }, '/runtime'],
    ['`env` in place of `runtime`', { ...webWithoutRuntime, env: 'node' }, 'runtime'],
    ['`env` beside `runtime`', { ...web, env: 'node' }, 'env'],
    ['`autoDeploy`', { ...web, autoDeploy: true }, 'autoDeploy'],
    [
      '`off` as the boolean that YAML 1.1 makes of it',
      { ...web, autoDeployTrigger: false },
      '/autoDeployTrigger',
    ],
    ['no start command', webWithoutStart, 'startCommand'],
    ['no name', { ...web, name: undefined }, 'name'],
    ['a health check that is no path', { ...web, healthCheckPath: 'api/health' }, '/healthCheckPath'],
    ['a health check of a worker', { ...web, type: 'worker', healthCheckPath: '/' }, 'healthCheckPath'],
    ['a domain of a private service', { ...web, type: 'pserv', domains: ['a.example'] }, 'domains'],
    ['a free worker', { ...web, type: 'worker', plan: 'free' }, '/plan'],
    ['a cron job without a schedule', { ...web, type: 'cron' }, 'schedule'],
    ['a shutdown of more than 300 s', { ...web, maxShutdownDelaySeconds: 301 }, '/maxShutdownDelaySeconds'],
    ['a shutdown at once', { ...web, maxShutdownDelaySeconds: 0 }, '/maxShutdownDelaySeconds'],
    ['a disk of no size', { ...web, disk: { ...disk, sizeGB: 0 } }, '/sizeGB'],
    ['a shutdown as a text', { ...web, maxShutdownDelaySeconds: '120' }, '/maxShutdownDelaySeconds'],
    ['a disk on the free plan', { ...web, plan: 'free', disk }, '/disk'],
    ['a disk without a mount path', { ...web, disk: { name: 'data' } }, 'mountPath'],
    [
      'a disk over the sources',
      { ...web, disk: { ...disk, mountPath: '/opt/render/project/src' } },
      '/mountPath',
    ],
    ['a disk over the root', { ...web, disk: { ...disk, mountPath: '/' } }, '/mountPath'],
    ['a disk with several instances', { ...web, disk, numInstances: 2 }, '/numInstances'],
    ['a disk with scaling', { ...web, disk, scaling: { minInstances: 1, maxInstances: 2 } }, '/scaling'],
    ['scaling without a target', { ...web, scaling: { minInstances: 1, maxInstances: 2 } }, '/scaling'],
    ['a key value store open by default', { name: 'kv', type: 'keyvalue' }, 'ipAllowList'],
  ])('%s', (_name, service, named) => {
    expect(complaintsAbout({ services: [service] }).join('\n')).toContain(named);
  });

  it.each<[string, object]>([
    ['a value and `sync`', { key: 'A', value: '1', sync: false }],
    ['a value and `generateValue`', { key: 'A', value: '1', generateValue: true }],
    ['a numeric value', { key: 'A', value: 4 }],
    ['a boolean value', { key: 'A', value: true }],
    ['nothing', {}],
    ['no source at all', { key: 'A' }],
    ['a value without a key', { value: '1' }],
    ['a key that is no name', { key: 'A-B', value: '1' }],
    ['`sync: true`', { key: 'A', sync: true }],
    ['`generateValue: false`', { key: 'A', generateValue: false }],
    ['a group with a key', { key: 'A', fromGroup: 'secrets' }],
    ["a database's unknown property", { key: 'A', fromDatabase: { name: 'db', property: 'url' } }],
    ['a service without its type', { key: 'A', fromService: { name: 's', property: 'host' } }],
    [
      "a service's property and variable",
      { key: 'A', fromService: { name: 's', type: 'web', property: 'host', envVarKey: 'B' } },
    ],
  ])('as a variable %s', (_name, envVar) => {
    expect(complaintsAbout({ services: [{ ...web, envVars: [envVar] }] }).join('\n')).toContain('/envVars/0');
  });

  it.each<[string, object, string]>([
    ['an empty file', {}, 'fewer than 1'],
    ['an unknown field at the root', { services: [web], service: web }, '"service"'],
    [
      '`sync: false` in a group, which Render ignores',
      { envVarGroups: [{ name: 'g', envVars: [{ key: 'A', sync: false }] }] },
      '/envVarGroups/0/envVars/0',
    ],
    ['a database without a name', { databases: [{ plan: 'basic-1gb' }] }, 'name'],
    ["a service's plan for a database", { databases: [{ name: 'db', plan: 'starter' }] }, '/plan'],
    [
      'a numeric Postgres version',
      { databases: [{ name: 'db', postgresMajorVersion: 18 }] },
      '/postgresMajorVersion',
    ],
  ])('%s', (_name, blueprint, named) => {
    expect(complaintsAbout(blueprint).join('\n')).toContain(named);
  });
});

/** Copies of a value, each with an unknown field in another one of the objects in it, beside the path of that. */
function* withUnknownField(value: unknown, path = ''): Generator<[string, unknown]> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield [`${path}/`, { ...value, surprise: true }];
  for (const [key, part] of Object.entries(value)) {
    for (const [partPath, changed] of withUnknownField(part, `${path}/${key}`))
      yield [
        partPath,
        Array.isArray(value) ? value.with(Number(key), changed) : { ...value, [key]: changed },
      ];
  }
}
