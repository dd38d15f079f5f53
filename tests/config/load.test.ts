import { afterEach, describe, expect, it, vi } from 'vitest';

import { type Config, ConfigError, loadConfig } from '../../lib/config/load.ts';
import { formatBytes, formatDuration, parseBytes, parseDuration } from '../../lib/config/units.ts';

type Variables = Readonly<Record<string, string>>;

const production = {
  NODE_ENV: 'production',
  HEADY_API_KEY: '1c56e4f1d9a24a0f8b3c7d2e90a1b654',
  HF_TOKEN: 'hf_abcdef',
} satisfies Variables;

function load(variables: Variables = {}): Config {
  return loadConfig(variables, '/project');
}

function problems(variables: Variables): readonly string[] {
  try {
    load(variables);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

describe('problems', () => {
  it('are told all at once, one line for each, by the name of the variable', () => {
    const found = problems({
      PORT: 'eighty',
      HEADY_PY_TIMEOUT: '90',
      HEADY_MAX_BODY: '2 megabytes',
      HEADY_LOG_LEVEL: 'loud',
      HEADY_HF_URL: 'router.huggingface.co',
      HEADY_HF_MOCK: 'maybe',
      REMOTE_GPU_HOST: 'gpu',
    });
    expect(found.map((line) => line.split(':', 1)[0])).toEqual([
      'PORT',
      'HEADY_HF_URL',
      'HEADY_HF_MOCK',
      'HEADY_PY_TIMEOUT',
      'HEADY_LOG_LEVEL',
      'HEADY_MAX_BODY',
      'REMOTE_GPU_PORT',
    ]);
    expect(found.every((line) => !line.includes('\n'))).toBe(true);
  });

  it.each([
    ['HEADY_PY_TIMEOUT', '90', "'90' is not valid: expected a duration such as 90s"],
    ['HEADY_PY_MEMORY', '-1MB', "'-1MB' is not valid: expected a size such as 512MB"],
    ['HEADY_LOG_LEVEL', 'loud', `'loud' is not valid: expected one of "error"|"warn"|"info"|"debug"`],
    ['PORT', '70000', "'70000' is not valid: Too big: expected number to be <=65535"],
    ['HEADY_PY_MAX_CONCURRENCY', '0', "'0' is not valid: Too small: expected number to be >=1"],
    ['HEADY_TRUST_PROXY', '1.5', "'1.5' is not valid: expected int"],
  ])('of %s say the value and what is expected', (name, value, words) => {
    expect(problems({ [name]: value })).toEqual([expect.stringContaining(`${name}: ${words}`)]);
  });

  it.each([
    [{ REMOTE_GPU_PORT: '8000' }, 'REMOTE_GPU_HOST: not set, while REMOTE_GPU_PORT is.'],
    [
      { S3_BUCKET: 'files', S3_ACCESS_KEY_ID: 'id' },
      'S3_REGION, S3_SECRET_ACCESS_KEY: not set, while S3_BUCKET, S3_ACCESS_KEY_ID is.',
    ],
    [
      { GITHUB_APP_ID: '1', GITHUB_APP_WEBHOOK_SECRET: 'hush-hush' },
      'GITHUB_APP_PRIVATE_KEY: not set, while GITHUB_APP_ID, GITHUB_APP_WEBHOOK_SECRET is.',
    ],
  ])('are told of a group that is set in part: %j', (variables, words) => {
    expect(problems(variables)).toEqual([`${words} Set all of them or none.`]);
  });

  it('do not call a variable unset whose value is wrong', () => {
    const found = problems({ REMOTE_GPU_HOST: 'gpu', REMOTE_GPU_PORT: 'eighty' });
    expect(found).toEqual([expect.stringContaining("REMOTE_GPU_PORT: 'eighty' is not valid")]);
  });
});

describe('production', () => {
  it('starts with a key of 32 characters and a token', () => {
    expect(load(production)).toMatchObject({ production: true, mockInference: false, logFormat: 'json' });
  });

  it('needs both, and says how to get them', () => {
    expect(problems({ NODE_ENV: 'production' })).toEqual([
      expect.stringMatching(/^HEADY_API_KEY is not set: .*openssl rand -hex 32/),
      expect.stringMatching(/^HF_TOKEN is not set: .*HEADY_HF_MOCK=1/),
    ]);
  });

  it.each([
    ['k'.repeat(32), 'repeats itself'],
    ['deadbeef'.repeat(5), 'repeats itself'],
    [`${'hunter2-'.repeat(4)}h`, 'repeats itself'],
    ['0123456789abcdef0123456789abcdef', 'looks like one of an example'],
    ['change-me-to-something-of-thirty-two-characters', 'looks like one of an example'],
    ['your-heady-api-key-goes-here-1234567890', 'looks like one of an example'],
  ])('refuses the weak key %s, the previous one as well', (key, why) => {
    for (const name of ['HEADY_API_KEY', 'HEADY_API_KEY_PREVIOUS'])
      expect(problems({ ...production, [name]: key })).toEqual([expect.stringContaining(`${name} ${why}`)]);
    expect(load({ HEADY_API_KEY: key }).apiKey).toBe(key);
  });

  it('refuses a short key, without showing it', () => {
    const [problem, ...others] = problems({ ...production, HEADY_API_KEY: 'sesame-open-sesame' });
    expect(others).toEqual([]);
    expect(problem).toMatch(/^HEADY_API_KEY has 18 characters: production needs 32 or more/);
    expect(problem).not.toContain('sesame');
  });

  it.each([{ HEADY_HF_MOCK: '1' }, { REMOTE_GPU_URL: 'https://gpu.example' }])(
    'needs no token with %j',
    (instead) => {
      expect(problems({ ...production, HF_TOKEN: '', ...instead })).toEqual([]);
    },
  );
});

describe('an empty value', () => {
  it.each(['', '   '])('%j counts as unset', (value) => {
    const config = load({ PORT: value, HF_TOKEN: value, HEADY_PY_TIMEOUT: value, REMOTE_GPU_HOST: value });
    expect(config).toMatchObject({ PORT: 3000, HEADY_PY_TIMEOUT: 90_000, mockInference: true });
    expect(config.HF_TOKEN).toBeUndefined();
    expect(config.warnings).toEqual([]);
  });
});

describe('computed defaults', () => {
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  });

  it.each([
    [256, 128],
    [512, 128],
    [1024, 256],
    [4096, 512],
  ])('of a container with %i MB: a call gets %i MB', (container, call) => {
    vi.spyOn(process, 'constrainedMemory').mockReturnValue(container * 1024 ** 2);
    expect(load()).toMatchObject({
      instanceMemoryBytes: container * 1024 ** 2,
      pyMemoryBytes: call * 1024 ** 2,
    });
  });

  it.each([
    ['', 512],
    ['0.5', 512],
    ['1', 2048],
  ])('of an instance on Render whose limit is not to be seen, with %j CPUs: %i MB', (cpus, megabytes) => {
    vi.spyOn(process, 'constrainedMemory').mockReturnValue(0);
    vi.stubEnv('RENDER', 'true');
    vi.stubEnv('RENDER_CPU_COUNT', cpus);
    expect(load().instanceMemoryBytes).toBe(megabytes * 1024 ** 2);
  });

  it.each([
    [{}, true],
    [{ HF_TOKEN: 'hf_abcdef' }, false],
    [{ HF_TOKEN: 'hf_abcdef', HEADY_HF_MOCK: '1' }, true],
    [{ HEADY_HF_MOCK: 'off' }, false],
    [{ ...production, HEADY_HF_MOCK: 'true' }, true],
    [production, false],
  ])('with %j the mock is on: %s', (variables, mocked) => {
    expect(load(variables).mockInference).toBe(mocked);
  });

  it('trust the two proxies of Render there, and none elsewhere', () => {
    expect(load().trustedHops).toBe(0);
    expect(load({ RENDER: 'true' }).trustedHops).toBe(2);
    expect(load({ RENDER: 'true', HEADY_TRUST_PROXY: '0' }).trustedHops).toBe(0);
  });

  it('make a key for each start when there is none outside production', () => {
    const [first, second] = [load(), load()];
    expect(first.apiKey).not.toBe(second.apiKey);
    expect(first.apiKey.length).toBeGreaterThanOrEqual(32);
    expect([first.apiKeyIsGenerated, load({ HEADY_API_KEY: 'mine' }).apiKeyIsGenerated]).toEqual([
      true,
      false,
    ]);
  });
});

describe('the remote GPU', () => {
  it.each([
    [{ REMOTE_GPU_HOST: 'gpu.lan', REMOTE_GPU_PORT: '8000' }, 'http://gpu.lan:8000'],
    [{ REMOTE_GPU_HOST: 'fd00::1', REMOTE_GPU_PORT: '8000' }, 'http://[fd00::1]:8000'],
    [{ REMOTE_GPU_URL: 'https://gpu.example/v1/' }, 'https://gpu.example'],
    [{}, undefined],
  ])('of %j is at %s, and is no reason for the mock', (variables, url) => {
    const { remoteGpuUrl, mockInference } = load(variables);
    expect([remoteGpuUrl, mockInference]).toEqual([url, url === undefined]);
  });

  it('is said in one way', () => {
    const both = { REMOTE_GPU_HOST: 'gpu', REMOTE_GPU_PORT: '1', REMOTE_GPU_URL: 'https://gpu' };
    expect(problems(both)).toEqual([
      'REMOTE_GPU_URL, REMOTE_GPU_HOST: both are set, and say the same. Set one of them.',
    ]);
    expect(problems({ REMOTE_GPU_HOST: 'http://gpu/', REMOTE_GPU_PORT: '1' })[0]).toMatch(
      /^REMOTE_GPU_HOST: /,
    );
  });

  it.each([
    ['http://203.0.113.9:1', true],
    ['http://gpu.example:1', true],
    ['http://[2001:db8::1]:1', true],
    ['https://gpu.example', false],
    ['http://10.1.2.3:1', false],
    ['http://[fd00::1]:1', false],
    ['http://gpu:1', false],
    ['http://gpu.internal:1', false],
  ])('at %s is warned of: %s', (url, isWarned) => {
    const { warnings } = load({ REMOTE_GPU_URL: url });
    expect(warnings.some((warning) => warning.includes('plain http'))).toBe(isWarned);
  });
});

describe('settings of inference that cannot work', () => {
  it.each([
    [
      { HEADY_INFERENCE_TIMEOUT: '0s' },
      /^HEADY_INFERENCE_TIMEOUT: '0s' is not valid: expected more than no time/,
    ],
    [{ HEADY_INFERENCE_CACHE_TTL: '0s' }, /^HEADY_INFERENCE_CACHE_TTL: /],
    [{ HF_TOKEN: 'hf_abc\ndef' }, /^HF_TOKEN: its value is not valid: expected one line without blanks/],
    [
      { REMOTE_GPU_URL: 'https://user:word@gpu' },
      /^REMOTE_GPU_URL: its value is not valid: expected an address without a user/,
    ],
  ])('%j are refused', (variables, problem) => {
    expect(problems(variables)[0]).toMatch(problem);
  });

  it.each([
    [{ HF_TOKEN: 'hf_abc', HEADY_HF_URL: 'http://hub.example' }, 'HF_TOKEN too, can be read on the way'],
    [{ REMOTE_GPU_API_KEY: 'key' }, 'no remote GPU: it has no effect'],
    [{ HEADY_INFERENCE_TIMEOUT: '1s' }, 'is longer than HEADY_INFERENCE_TIMEOUT (1s)'],
  ])('%j are warned of', (variables, words) => {
    expect(load(variables).warnings.join('\n')).toContain(words);
  });
});

describe('warnings', () => {
  it('there are none to an environment that says nothing', () => {
    expect(load().warnings).toEqual([]);
    expect(load(production).warnings).toEqual([]);
  });

  it('name what has no effect yet', () => {
    const { warnings } = load({ HEADY_ADMIN_ROOT: '/x', DATABASE_URL: 'postgres://db' });
    expect(warnings).toEqual(['set, and without effect in this version: HEADY_ADMIN_ROOT, DATABASE_URL']);
  });

  it('say what is wrong with the address of a bucket', () => {
    const bucket = {
      S3_BUCKET: 'files',
      S3_REGION: 'eu',
      S3_ACCESS_KEY_ID: 'id',
      S3_SECRET_ACCESS_KEY: 'key',
    };
    expect(load({ S3_ENDPOINT: 'https://s3.example' }).warnings).toEqual([
      'S3_ENDPOINT is set, and S3_BUCKET is not: it has no effect.',
    ]);
    expect(load({ ...bucket, S3_ENDPOINT: 'http://s3.example' }).warnings).toEqual([
      expect.stringMatching(/^S3_ENDPOINT is http:\/\/s3\.example, plain http at a public address/),
    ]);
    expect(load({ ...bucket, S3_ENDPOINT: 'http://minio:9000' }).warnings).toEqual([]);
  });

  it('name a misspelt variable and the one that was meant', () => {
    const { warnings } = load({ HEADY_PY_TIMOUT: '10s', HEADY_COFFEE: 'black' });
    expect(warnings).toEqual([
      'HEADY_PY_TIMOUT is set, not known and without effect: did you mean HEADY_PY_TIMEOUT?',
      'HEADY_COFFEE is set, not known and without effect',
    ]);
  });

  it('say that the drain is shorter than a call may be', () => {
    expect(load({ HEADY_SHUTDOWN_TIMEOUT: '30s' }).warnings).toEqual([
      expect.stringMatching(/^HEADY_SHUTDOWN_TIMEOUT \(30s\) is shorter than HEADY_PY_TIMEOUT \(90s\)/),
    ]);
  });
});

describe('secrets', () => {
  it('are known by value, the made key too, as they are in force', () => {
    const { secrets, apiKey } = load({ HF_TOKEN: ' hf_abcdef\n', DATABASE_URL: 'postgres://me:pw@db' });
    expect(Object.fromEntries(secrets)).toEqual({
      HF_TOKEN: 'hf_abcdef',
      DATABASE_URL: 'postgres://me:pw@db',
      HEADY_API_KEY: apiKey,
    });
  });

  it('stand in no problem and no warning', () => {
    const values = {
      HEADY_API_KEY: 'short-secret',
      GITHUB_APP_PRIVATE_KEY: 'pem-secret',
      S3_SECRET_ACCESS_KEY: 's3-secret',
      HEADY_API_KEYZ: 'misspelt-secret',
      DATABASE_URL: 'database-secret',
    };
    expect(problems({ ...production, ...values }).length).toBe(3);
    expect(problems({ ...production, ...values }).join('\n')).not.toMatch(/\w+-secret/);
    const { warnings } = load({ DATABASE_URL: 'database-secret', HEADY_API_KEYZ: 'misspelt-secret' });
    expect(warnings.length).toBe(2);
    expect(warnings.join('\n')).not.toMatch(/\w+-secret/);
  });
});

describe('units', () => {
  it.each([
    ['512MB', 512 * 1024 ** 2],
    ['1.5GB', 1.5 * 1024 ** 3],
    [' 1KB ', 1024],
    ['0B', 0],
    ['512', undefined],
    ['512mb', undefined],
    ['MB', undefined],
    ['1_000B', undefined],
  ])('the size %j is %s bytes', (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  it.each([
    ['90s', 90_000],
    ['250ms', 250],
    ['1.5h', 5_400_000],
    ['2d', 172_800_000],
    ['90', undefined],
    ['-1s', undefined],
    ['1m30s', undefined],
  ])('the duration %j is %s ms', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  it.each(['8MB', '1.5GB', '1KB', '0B', '100B'])('the size %s reads as it was written', (text) => {
    expect(formatBytes(parseBytes(text) ?? NaN)).toBe(text);
  });

  it.each(['90s', '250ms', '1.5s', '0ms'])('the duration %s reads as it was written', (text) => {
    expect(formatDuration(parseDuration(text) ?? NaN)).toBe(text);
  });
});

describe('HEADY_API_KEYS', () => {
  const sha256 = 'ab'.repeat(32);
  const keys = (...entries: readonly object[]) => ({ HEADY_API_KEYS: JSON.stringify(entries) });
  const ci = { name: 'ci', sha256, scopes: ['invoke', 'files'] };

  it('has names, hashes, scopes and rate limits', () => {
    const rateLimit = { max: 5, window: '10s' };
    expect(load(keys(ci, { ...ci, name: 'other', rateLimit })).HEADY_API_KEYS).toEqual([
      ci,
      { ...ci, name: 'other', rateLimit: { max: 5, windowMs: 10_000 } },
    ]);
  });

  it.each([
    ['not JSON', { HEADY_API_KEYS: 'ci' }, 'expected a JSON array'],
    ['a key itself for its hash', keys({ ...ci, sha256: 'heady_x' }), 'expected the 64 digits'],
    ['a scope that there is not', keys({ ...ci, scopes: ['everything'] }), 'expected one of'],
    ['no scope', keys({ ...ci, scopes: [] }), 'expected array to have >=1 items'],
    ['a field that there is not', keys({ ...ci, scope: 'invoke' }), 'Unrecognized key'],
    ['a name twice', keys(ci, ci), "the name 'ci' is taken"],
    ['the name of the key itself', keys({ ...ci, name: 'primary' }), "the name 'primary' is taken"],
  ])('refuses %s, without showing the value', (_what, variables, why) => {
    const [problem = ''] = problems(variables);
    expect(problem).toContain('HEADY_API_KEYS: its value is not valid');
    expect(problem).toContain(why);
    expect(problem).not.toContain('heady_x');
  });
});

describe('HEADY_CORS_ORIGINS', () => {
  it('is a list of origins', () => {
    const { corsOrigins } = load({
      HEADY_CORS_ORIGINS: 'https://App.example.com:443/, https://*.example.com:8443, http://a.org:80',
    });
    expect(corsOrigins).toEqual(['https://app.example.com', 'https://*.example.com:8443', 'http://a.org']);
  });

  it.each([
    'app.example.com',
    'https://a.com/path',
    'https://a.*.com',
    '*,https://a.com',
    'null',
    'https://*',
  ])('refuses %s', (HEADY_CORS_ORIGINS) => {
    expect(problems({ HEADY_CORS_ORIGINS })).toEqual([expect.stringContaining('HEADY_CORS_ORIGINS')]);
  });
});
