import { existsSync } from 'node:fs';
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
  const tried: string[] = [];
  for (const bin of candidates) {
    if (bin.includes('/') && !existsSync(bin)) {
      tried.push(`${bin}: not there`);
      continue;
    }
    const probe = await execa(bin, ['-P', '-c', probeProgram], {
      env: environment,
      extendEnv: false,
      reject: false,
    });
    const found = /^(?<version>(?<major>\d+)\.(?<minor>\d+)\.\S+)(?: (?<missing>\S+))?$/.exec(
      String(probe.stdout ?? '').trim(),
    )?.groups;
    if (!found) tried.push(`${bin}: ${probe.code === 'ENOENT' ? 'not found' : 'does not run'}`);
    else if (isOlder(Number(found.major), Number(found.minor)))
      tried.push(`${bin}: Python ${found.version} is older than ${minimumText}`);
    else if (found.missing) tried.push(`${bin}: Python ${found.version} without ${found.missing}`);
    else return { bin, version: found.version ?? '', environment };
  }
  throw new InterpreterError(
    `no Python ${minimumText} or newer with the packages of requirements.txt (${tried.join('; ')}). ` +
      'Run `pip install -r requirements.txt`, or set HEADY_PYTHON_BIN to the interpreter that has them.',
  );
}

function isOlder(major: number, minor: number): boolean {
  return major < minimum.major || (major === minimum.major && minor < minimum.minor);
}

const probeProgram = `
import importlib.util as i, sys
missing = [name for name in ("pydantic",) if i.find_spec(name) is None]
print(sys.version.split()[0], ",".join(missing))`;

function pythonEnvironment(root: string): Record<string, string> {
  const kept = inherited.flatMap((name) =>
    process.env[name] === undefined ? [] : [[name, process.env[name]] as const],
  );
  return {
    ...Object.fromEntries(kept),
    PYTHONPATH: join(root, packagesDirectory),
    PYTHONUTF8: '1',
    // A zygote must have one thread, and a child's share of the cores is one.
    OPENBLAS_NUM_THREADS: '1',
    OMP_NUM_THREADS: '1',
    MKL_NUM_THREADS: '1',
  };
}
