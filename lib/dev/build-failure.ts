import { relative } from 'node:path';

import { conflicts, routeFiles } from '#lib/route-files';

/** Why the routes do not build. */
export interface BuildFailure {
  /** Each fault in a line, with its file and line; without the bundler's own stack. */
  readonly message: string;
  /** The route files at fault, from the root; undefined where something else is, which any of them may need. */
  readonly files: readonly string[] | undefined;
}

/** What the bundler says of one fault; one of a plugin has no place. */
interface Fault {
  readonly message: string;
  readonly id?: string;
  readonly loc?: { readonly line: number; readonly column: number };
}

/** What the bundler's error comes to. */
export function buildFailure(
  error: Error & { readonly errors?: readonly Fault[] },
  root: string,
): BuildFailure {
  const { errors = [error] } = error;
  const files = errors.flatMap((fault) => filesOf(fault, root));
  const known = new Set(routeFiles(root));
  return {
    message: errors.map((fault) => lineOf(fault, root)).join('\n'),
    files: files.length > 0 && files.every((file) => known.has(file)) ? files : undefined,
  };
}

/** Those of a fault without a place are the files that are one route, which the build looks at first. */
function filesOf({ id }: Fault, root: string): readonly string[] {
  if (id !== undefined) return [pathOf(id, root)];
  return conflicts(routeFiles(root)).flatMap(({ files }) => files);
}

function lineOf({ message, id, loc }: Fault, root: string): string {
  if (id === undefined) return message.trim();
  const [first = ''] = message.split('\n', 1);
  const cause = first.replace(/^\[\w+\] /, '');
  const isOwn = !id.includes('?'); // else it is in what the build puts around the file
  const place = isOwn && loc ? `:${loc.line}:${loc.column + 1}` : '';
  return `${pathOf(id, root)}${place}: ${cause}`;
}

function pathOf(id: string, root: string): string {
  const [file = id] = id.split('?', 1);
  return relative(root, file);
}
