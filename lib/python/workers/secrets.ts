import { type Config, type VariableName, variables } from '#lib/config';
import type { Redactor } from '#lib/log';

/** A variable that a function declares and cannot have. */
export class SecretError extends Error {
  override readonly name = 'SecretError';
}

/** The environment variables that functions declare: who may have which, and what they are. */
export class Secrets {
  readonly #environment: Config['environment'];
  /** Takes the secrets out of what processes say. */
  readonly redactor: Redactor;

  /** Each value that is handed out is masked from then on. */
  constructor({ environment }: Config, redactor: Redactor) {
    this.#environment = environment;
    this.redactor = redactor;
  }

  /** @throws {SecretError} a variable is the service's own secret, or is not set. */
  check(names: readonly string[]): void {
    for (const name of names) {
      if (isOfService(name))
        throw new SecretError(
          `${name} is a secret of the service itself, which no function can have; for inference there is heady.inference()`,
        );
      if (this.#environment[name] === undefined)
        throw new SecretError(`${name} is declared in secrets and not set in the service's environment`);
    }
  }

  /** The variables with their values. @throws {SecretError} as {@link check}. */
  values(names: readonly string[]): Record<string, string> {
    this.check(names);
    const values = Object.fromEntries(names.map((name) => [name, this.#environment[name] ?? '']));
    for (const [name, value] of Object.entries(values)) this.redactor.add(name, value);
    return values;
  }
}

function isOfService(name: string): boolean {
  return Object.hasOwn(variables, name) && variables[name as VariableName].secret === true;
}
