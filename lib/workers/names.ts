import type { DescribedFunction, PythonEngine } from '#lib/python';

/** The name of a Python file or function as TypeScript has it: `process_data` is `processData`. */
export function camelCase(name: string): string {
  return name.replaceAll(/(?<=[^_-])[_-]+([^_-])/g, (_, letter: string) => letter.toUpperCase());
}

/** The worker that a name stands for: its own, else the one whose name in camel case it is, else itself. */
export function workerNamed(python: PythonEngine, name: string): string {
  return find(python.workerNames, name) ?? name;
}

/** The function of a worker that a name stands for. @throws {Problem} `worker-not-found`, `worker-unavailable` */
export async function functionNamed(
  python: PythonEngine,
  worker: string,
  name: string,
): Promise<DescribedFunction> {
  const names = await python.functionNames(worker);
  return python.describe(worker, find(names, name) ?? name);
}

function find(names: readonly string[], name: string): string | undefined {
  return names.includes(name) ? name : names.find((each) => camelCase(each) === name);
}
