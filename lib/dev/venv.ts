import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { execa } from 'execa';

/** No virtual environment can be made: the message says why and what to do. */
export class VenvError extends Error {
  override readonly name = 'StartError';
}

const pythons = ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python'];

/**
 * Makes `.venv` and installs the requirements into it, when either is missing or has changed since. Shows what pip
 * does. Does nothing where HEADY_PYTHON_BIN names an interpreter: that one is the user's own to look after.
 *
 * @param files of requirements, such as `requirements.txt`; each is installed when its own text has changed.
 * @throws {VenvError}
 */
export async function ensureVenv(root: string, files: readonly string[]): Promise<void> {
  if (process.env.HEADY_PYTHON_BIN) return;
  const python = join(root, '.venv/bin/python');
  if (!existsSync(python)) await makeVenv(join(root, '.venv'));
  for (const file of files) await install(root, python, file);
}

async function makeVenv(venv: string): Promise<void> {
  const python = await findPython();
  console.error(`Making .venv with ${python} …`);
  const { failed, stderr, stdout } = await execa(python, ['-m', 'venv', venv], { reject: false });
  if (failed)
    throw new VenvError(
      `\`${python} -m venv .venv\` failed. On Debian and Ubuntu install python3-venv.\n${stderr}${stdout}`,
    );
}

async function findPython(): Promise<string> {
  for (const python of pythons) {
    const check = 'import sys; sys.exit(sys.version_info < (3, 11))';
    const { failed } = await execa(python, ['-c', check], { reject: false });
    if (!failed) return python;
  }
  throw new VenvError(`Python 3.11 or newer is needed; looked for ${pythons.join(', ')} on the PATH.`);
}

async function install(root: string, python: string, file: string): Promise<void> {
  const stamp = join(root, '.venv', `.${file}.sha256`);
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, file)))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  console.error(`Installing ${file} into .venv …`);
  const words = ['-m', 'pip', 'install', '--disable-pip-version-check', '--requirement', file];
  const { failed } = await execa(python, words, {
    cwd: root,
    stdio: ['ignore', 2, 2], // stdout is a command's own
    reject: false,
  });
  if (failed) throw new VenvError(`pip could not install ${file} into .venv: see its message above.`);
  writeFileSync(stamp, wanted);
}

if (import.meta.main) {
  try {
    await ensureVenv(fileURLToPath(new URL('../../', import.meta.url)), process.argv.slice(2));
  } catch (error) {
    console.error((error as Error).message);
    process.exit(1);
  }
}
