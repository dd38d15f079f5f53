/**
 * The names of the modules that files are, by their paths below the import root, the folder `workers/`. A path without
 * an extension may be that of a folder, and so of a package.
 */
export function modulesAt(paths: readonly string[]): string[] {
  return paths
    .filter((path) => /(?:^|\/)[^./]+(?:\.py)?$/.test(path))
    .map((path) => path.replace(/(?:\/__init__)?\.py$/, '').replaceAll('/', '.'));
}

/** Whether one of the modules is among those that were imported, or looked for in vain, or has one of them in it. */
export function areImported(modules: readonly string[], imports: Iterable<string>): boolean {
  return Iterator.from(imports).some((name) =>
    modules.some((module) => name === module || name.startsWith(`${module}.`)),
  );
}
