const image = { url: 'docker.io/example/tool', creds: { fromRegistryCreds: { name: 'registry' } } };
const repository = { repo: 'https://github.com/example/site', branch: 'main', rootDir: 'site' };
const commands = { buildCommand: 'npm install', startCommand: 'node site.js' };
const group = { name: 'shared', envVars: [{ key: 'SEED', generateValue: true }] };

const web = {
  name: 'site',
  type: 'web',
  runtime: 'node',
  plan: 'pro plus',
  region: 'frankfurt',
  ...repository,
  ...commands,
  preDeployCommand: 'node migrate.js',
  autoDeployTrigger: 'checksPass',
  healthCheckPath: '/health',
  maxShutdownDelaySeconds: 300,
  domains: ['site.example'],
  numInstances: 2,
  scaling: { minInstances: 1, maxInstances: 3, targetCPUPercent: 60, targetMemoryPercent: 90 },
  buildFilter: { paths: ['site/**'], ignoredPaths: ['**/*.md'] },
  previews: { generation: 'automatic', numInstances: 1, plan: 'starter' },
  envVars: [
    { key: 'LITERAL', value: '1' },
    { key: 'GENERATED', generateValue: true },
    { key: 'ASKED', sync: false },
    { key: 'DATABASE_URL', fromDatabase: { name: 'db', property: 'connectionString' } },
    { key: 'STORE', fromService: { name: 'store', type: 'keyvalue', property: 'connectionString' } },
    { key: 'OTHER', fromService: { name: 'worker', type: 'worker', envVarKey: 'LITERAL' } },
    { fromGroup: 'shared' },
  ],
};
const privateService = {
  name: 'private',
  type: 'pserv',
  runtime: 'docker',
  plan: 'pro max',
  dockerCommand: 'run',
  dockerfilePath: './Dockerfile',
  dockerContext: '.',
  registryCredential: image.creds,
  disk: { name: 'data', mountPath: '/var/data', sizeGB: 1 },
};
const worker = { name: 'worker', type: 'worker', runtime: 'image', image };
const cron = { name: 'nightly', type: 'cron', runtime: 'python', schedule: '0 3 * * *', ...commands };
const staticSite = {
  name: 'pages',
  type: 'web',
  runtime: 'static',
  buildCommand: 'make',
  staticPublishPath: './build',
  previews: { generation: 'manual' },
  headers: [{ path: '/*', name: 'X-Frame-Options', value: 'sameorigin' }],
  routes: [{ type: 'rewrite', source: '/a/*', destination: '/a' }],
};
const store = {
  name: 'store',
  type: 'keyvalue',
  maxmemoryPolicy: 'noeviction',
  ipAllowList: [{ source: '203.0.113.4/30', description: 'office' }],
};
const database = {
  name: 'db',
  plan: 'pro-4gb',
  previewPlan: 'basic-256mb',
  postgresMajorVersion: '18',
  databaseName: 'db',
  user: 'db',
  region: 'oregon',
  diskSizeGB: 15,
  previewDiskSizeGB: 1,
  ipAllowList: [],
  highAvailability: { enabled: true },
  readReplicas: [{ name: 'replica' }],
};
const environment = {
  name: 'production',
  services: [{ ...web, name: 'production-site' }],
  databases: [{ ...database, name: 'production-db' }],
  envVarGroups: [{ ...group, name: 'production-shared' }],
  networking: { isolation: 'enabled' },
  permissions: { protection: 'disabled' },
};

/** A valid Blueprint with every kind of thing in it. */
export const everyField = {
  services: [web, privateService, worker, cron, staticSite, store],
  databases: [database],
  envVarGroups: [group],
  projects: [{ name: 'project', environments: [environment] }],
  ungrouped: { services: [], databases: [], envVarGroups: [] },
  previews: { generation: 'manual', expireAfterDays: 3 },
};
