import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';

import { type Config, ConfigError, loadConfig } from '#lib/config';
import { InterpreterError, SandboxError } from '#lib/python';

import { DataDirectoryInUseError, Service, type ServiceOptions } from './service.ts';

/** Something that the person who started the service has to mend: its message is all there is to say. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/**
 * Starts the service of the project at `root` by its environment.
 *
 * @throws {StartError}
 */
export async function startService(root: string, options: ServiceOptions = {}): Promise<Service> {
  return Service.start(readConfig(root), options).catch((error: unknown) => {
    if (error instanceof InterpreterError || error instanceof SandboxError)
      throw new StartError(`Python: ${error.message}`);
    if (error instanceof DataDirectoryInUseError) throw new StartError(error.message);
    throw error;
  });
}

function readConfig(root: string): Config {
  try {
    return loadConfig({ ...readDotEnv(root), ...process.env }, root);
  } catch (error) {
    if (error instanceof ConfigError) throw new StartError(error.problems.join('\n'));
    throw error;
  }
}

/** `.env`, outside production only: there, variables are set by the host. */
function readDotEnv(root: string): NodeJS.Dict<string> {
  const file = join(root, '.env');
  return process.env.NODE_ENV !== 'production' && existsSync(file)
    ? parseEnv(readFileSync(file, 'utf8'))
    : {};
}
