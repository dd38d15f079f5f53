import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { execa } from 'execa';

/** No virtual environment can be made: the message says why and what to do. */
export class VenvError extends Error {
  override readonly name = 'StartError';
}

const versions = ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python'];

/**
 * Makes `.venv` and installs `requirements.txt` into it when either is missing or has changed since. Shows what pip
 * does. Does nothing where HEADY_PYTHON_BIN names an interpreter: that one is the user's own to look after.
 *
 * @throws {VenvError}
 */
export async function ensureVenv(root: string): Promise<void> {
  if (process.env.HEADY_PYTHON_BIN) return;
  const venv = join(root, '.venv');
  const requirements = join(root, 'requirements.txt');
  const stamp = join(venv, '.requirements');
  const wanted = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  if (!existsSync(join(venv, 'bin/python'))) await makeVenv(venv);
  console.log('Installing the Python packages of requirements.txt into .venv …');
  const install = ['-m', 'pip', 'install', '--disable-pip-version-check', '--requirement', requirements];
  const { failed } = await execa(join(venv, 'bin/python'), install, { stdio: 'inherit', reject: false });
  if (failed)
    throw new VenvError('pip could not install requirements.txt into .venv: see its message above.');
  writeFileSync(stamp, wanted);
}

async function makeVenv(venv: string): Promise<void> {
  const python = await findPython();
  console.log(`Making .venv with ${python} …`);
  const { failed, stderr, stdout } = await execa(python, ['-m', 'venv', venv], { reject: false });
  if (failed)
    throw new VenvError(
      `\`${python} -m venv .venv\` failed. On Debian and Ubuntu install python3-venv.\n${stderr}${stdout}`,
    );
}

async function findPython(): Promise<string> {
  for (const python of versions) {
    const check = 'import sys; sys.exit(sys.version_info < (3, 11))';
    const { failed } = await execa(python, ['-c', check], { reject: false });
    if (!failed) return python;
  }
  throw new VenvError(`Python 3.11 or newer is needed; looked for ${versions.join(', ')} on the PATH.`);
}

if (import.meta.main) {
  try {
    await ensureVenv(fileURLToPath(new URL('../../', import.meta.url)));
  } catch (error) {
    console.error((error as Error).message);
    process.exit(1);
  }
}
