import { hash } from 'node:crypto';

import { literalDefault } from './document.ts';
import type { Config } from './load.ts';
import { formatBytes } from './units.ts';
import { type Variable, type VariableName, variables } from './variables.ts';

/** A variable as it is in effect, to be shown: a secret only by whether it is there, and by what tells it from another. */
export interface Setting {
  readonly name: string;
  readonly description: string;
  readonly value: string;
  /** `set`: by the environment. `computed`: from other variables or from the instance. */
  readonly source: 'set' | 'computed' | 'default';
  /** Of a secret that is set: the first four characters of its digest. */
  readonly fingerprint?: string;
  /** It has no effect in this version. */
  readonly planned?: true;
}

/** Every variable, in the order of their documentation. */
export function settingsInEffect(config: Config): Setting[] {
  return Object.entries(variables).map(([name, variable]) => ({
    name,
    description: variable.description,
    ...inEffect(name as VariableName, variable, config),
    ...(variable.planned && { planned: true as const }),
  }));
}

function inEffect(
  name: VariableName,
  variable: Variable,
  config: Config,
): Pick<Setting, 'value' | 'source' | 'fingerprint'> {
  const set = config.environment[name];
  const source = set === undefined ? 'default' : 'set';
  if (variable.secret) {
    const secret = config.secrets.get(name);
    if (secret === undefined) return { value: 'not set', source };
    const value = set === undefined ? 'made at this start' : 'set';
    return { value, source: set === undefined ? 'computed' : 'set', fingerprint: fingerprintOf(secret) };
  }
  if (set !== undefined) return { value: set, source };
  const computed = computedValues[name]?.(config);
  if (computed !== undefined) return { value: computed, source: 'computed' };
  return { value: literalDefault(variable) ?? variable.default ?? 'not set', source };
}

const computedValues: Partial<Record<VariableName, (config: Config) => string | undefined>> = {
  HEADY_HF_MOCK: ({ mockInference }) => (mockInference ? 'on' : 'off'),
  HEADY_LOG_FORMAT: ({ logFormat }) => logFormat,
  HEADY_PUBLIC_URL: ({ publicUrl }) => publicUrl,
  HEADY_PY_MEMORY: ({ pyMemoryBytes }) => formatBytes(pyMemoryBytes),
  HEADY_TRUST_PROXY: ({ trustedHops }) => String(trustedHops),
};

/** Enough to see whether two instances have the same, too little to find it by. */
function fingerprintOf(secret: string): string {
  return hash('sha256', secret).slice(0, 4);
}
