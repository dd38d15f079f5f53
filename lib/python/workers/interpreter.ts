import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { execa } from 'execa';

import type { Config } from '#lib/config';

/** A Python that can run workers. */
export interface Interpreter {
  readonly bin: string;
  readonly version: string;
  /** The environment of every Python process; nothing else of the server's comes with it. */
  readonly environment: Readonly<Record<string, string>>;
}

/** No usable Python: the message says what was tried and what to do. */
export class InterpreterError extends Error {
  override readonly name = 'InterpreterError';
}

const minimum = { major: 3, minor: 11 } as const;
const minimumText = `${minimum.major}.${minimum.minor}`;

/** Where `pip install --target` puts packages when `PIP_TARGET` is set as in `render.yaml`. */
const packagesDirectory = '.python-packages';

/** HOME is where `pip install --user` puts packages; a child gets its temporary directory instead. */
const inherited = ['PATH', 'HOME', 'LANG', 'TZ', 'LD_LIBRARY_PATH', 'SSL_CERT_FILE', 'SSL_CERT_DIR'];

/**
 * Finds the interpreter and checks that it is new enough and has the runtime's packages.
 *
 * @throws {InterpreterError}
 */
export async function findInterpreter(config: Config): Promise<Interpreter> {
  const environment = pythonEnvironment(config.root);
  const candidates = config.HEADY_PYTHON_BIN
    ? [config.HEADY_PYTHON_BIN]
    : [join(config.root, '.venv/bin/python'), 'python3', 'python'];
  const distributions = requiredDistributions(config.root);
  const refusals: string[] = [];
  for (const bin of candidates) {
    const { version, refusal } = await probe(bin, environment, distributions);
    if (refusal === undefined) return { bin, version, environment };
    refusals.push(`${bin}: ${refusal}`);
  }
  throw new InterpreterError(
    `no Python ${minimumText} or newer with the packages of requirements.txt (${refusals.join('; ')}). ` +
      'Run `pip install -r requirements.txt`, or set HEADY_PYTHON_BIN to the interpreter that has them.',
  );
}

interface Probe {
  readonly version: string;
  /** Why this interpreter cannot be used, where it cannot. */
  readonly refusal?: string;
}

async function probe(
  bin: string,
  environment: Readonly<Record<string, string>>,
  distributions: readonly string[],
): Promise<Probe> {
  if (bin.includes('/') && !existsSync(bin)) return { version: '', refusal: 'not there' };
  const { stdout, code } = await execa(bin, ['-P', '-c', probeProgram, ...distributions], {
    env: environment,
    extendEnv: false,
    reject: false,
    timeout: probeTimeoutMs,
  });
  const found = /^(?<version>(?<major>\d+)\.(?<minor>\d+)\.\S+)(?: (?<missing>\S+))?$/.exec(
    String(stdout ?? '').trim(),
  )?.groups;
  if (!found) return { version: '', refusal: code === 'ENOENT' ? 'not found' : 'does not run' };
  const { version = '', major, minor, missing } = found;
  if (isOlder(Number(major), Number(minor)))
    return { version, refusal: `Python ${version} is older than ${minimumText}` };
  return missing ? { version, refusal: `Python ${version} without ${missing}` } : { version };
}

const probeTimeoutMs = 10_000;

/** Prints the version, and which of the distributions named are not installed. */
const probeProgram = `
import importlib.metadata, sys
def missing(name):
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return True
print(sys.version.split()[0], ",".join(filter(missing, sys.argv[1:])))`;

/** The distributions that the runtime and requirements.txt ask for, by name. */
function requiredDistributions(root: string): string[] {
  const file = join(root, 'requirements.txt');
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  const names = lines.flatMap((line) => /^[A-Za-z0-9][\w.-]*/.exec(line)?.[0] ?? []);
  return [...new Set(['pydantic', ...names])];
}

function isOlder(major: number, minor: number): boolean {
  return major < minimum.major || (major === minimum.major && minor < minimum.minor);
}

function pythonEnvironment(root: string): Record<string, string> {
  const kept = inherited.flatMap((name) =>
    process.env[name] === undefined ? [] : [[name, process.env[name]] as const],
  );
  return {
    ...Object.fromEntries(kept),
    PYTHONPATH: join(root, packagesDirectory),
    PYTHONUTF8: '1',
    // Bytecode is told stale by whole seconds, and a file may be saved twice in one.
    PYTHONDONTWRITEBYTECODE: '1',
    // A zygote must have one thread, and a child's share of the cores is one.
    OPENBLAS_NUM_THREADS: '1',
    OMP_NUM_THREADS: '1',
    MKL_NUM_THREADS: '1',
  };
}
