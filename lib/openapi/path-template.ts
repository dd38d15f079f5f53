/** A path as OpenAPI has it: `/api/items/{id}`. */
export interface PathTemplate {
  readonly template: string;
  /** The names in it, each once. */
  readonly names: readonly string[];
  /** The names as the route itself has them, in the same order. */
  readonly own: readonly string[];
  /** The same of all paths that differ in names alone, which OpenAPI takes for one. */
  readonly shape: string;
  /** Whether its last parameter takes any number of segments. */
  readonly open: boolean;
}

/** What stands for a parameter in h3: `**`, `**:rest`, `:id`. */
const parameter = /\*\*:?([\w-]*)|:([\w-]+)/g;

/** The template of a path as h3 has it. */
export function templateOf(route: string): PathTemplate {
  const own: string[] = [];
  const names: string[] = [];
  const template = route.replaceAll(parameter, (_, rest?: string, single?: string) => {
    const name = single ?? (rest || 'path');
    own.push(name);
    names.push(names.includes(name) ? `${name}_${own.length}` : name);
    return `{${names.at(-1)}}`;
  });
  return { template, names, own, shape: route.replaceAll(parameter, '{}'), open: route.includes('**') };
}
