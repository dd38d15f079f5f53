/** What a file under `routes/` answers to, as its path says. */
export interface RouteName {
  /** As h3 has it: `/api/items/:id`, `/api/files/**:rest`. */
  readonly route: string;
  /** In lower case; undefined for any. */
  readonly method: string | undefined;
  /** Where alone it is served, for a file named so. */
  readonly env: 'dev' | 'prod' | 'prerender' | undefined;
}

/** The path and method that a file answers to, by the rules that Nitro has for its own (`scanServerRoutes`). */
export function routeName(file: string): RouteName {
  const path = file
    .replace(/^routes\//, '/')
    .replace(/\.[A-Za-z]+$/, '')
    .replace(/\(([^(/\\]+)\)[/\\]/g, '')
    .replace(/\[\.{3}\]/g, '**')
    .replace(/\[\.{3}([^\]]+)\]/g, (_, name: string) => `**:${parameter(name)}`)
    .replace(/\[([^/\]]+)\]/g, (_, name: string) => `:${parameter(name)}`);
  const { method, env } = suffixes.exec(path)?.groups ?? {};
  const route = path.replace(suffixes, '').replace(/\/index$/, '') || '/';
  return { route, method, env: env as RouteName['env'] };
}

const suffixes =
  /(?:\.(?<method>connect|delete|get|head|options|patch|post|put|trace))?(?:\.(?<env>dev|prod|prerender))?$/;

function parameter(name: string): string {
  return name.replace(/[^\w-]/g, '_');
}

/** Files that are one route. */
export interface Conflict {
  readonly files: readonly string[];
  /** Names them, the route, and the mend. */
  readonly message: string;
}

/** The files that answer to what another one answers to; how parameters are named makes no difference to the router. */
export function conflicts(paths: readonly string[]): Conflict[] {
  const groups = Object.groupBy(paths, (file) => {
    const { route, method = 'ANY', env = '' } = routeName(file);
    return `${method.toUpperCase()} ${route.replace(/:[^/]*/g, ':')} ${env}`;
  });
  return Object.values(groups)
    .filter((files = []) => files.length > 1)
    .map((files = []) => ({ files, message: conflictMessage(files) }));
}

function conflictMessage(files: readonly string[]): string {
  const { route, method = 'any method' } = routeName(files[0] ?? '');
  const mend = files.length === 2 ? 'delete or rename one of the two' : 'delete or rename all but one';
  return `${files.join(' and ')} are one route: ${method.toUpperCase()} ${route}: ${mend}.`;
}
