import { compile, type JSONSchema } from 'json-schema-to-typescript';

import { isFile } from '#lib/json-schema';
import { documentationOf, type ListedFunction, type ListedWorker } from '#lib/python';
import { camelCase } from '#workers';

import { forTypeScript } from './schema.ts';

/**
 * The TypeScript declarations of all workers: what `import { workers } from '#workers'` has in it. The types of each
 * function have a namespace of their own, as two functions may have models of one name.
 */
export async function declarations(workers: readonly ListedWorker[]): Promise<string> {
  const namespaces: string[] = [];
  const members: string[] = [];
  for (const worker of workers) {
    const name = nameAmong(worker.name, workers);
    members.push(
      `${comment([worker.file])}readonly ${JSON.stringify(name)}: {\n${await methods(worker, name, namespaces)}\n}`,
    );
  }
  return `// Generated from the functions in workers/ by \`npm run dev\`, \`npm run typecheck\` and \`npm test\`.
import type { Arguments, CallOptions, Stored, StoreOptions, Stream } from '#workers';

declare module '#workers' {
interface Workers {
${members.join('\n')}
}
}

${namespaces.join('\n')}
`;
}

/** The methods of a worker; the types that they need join `namespaces`. */
async function methods(worker: ListedWorker, name: string, namespaces: string[]): Promise<string> {
  if (name === 'then') return comment([`Cannot be called: ${thenable}`]);
  if ('error' in worker) return comment([`Does not load: ${worker.error}`]);
  const lines: string[] = [];
  for (const described of worker.functions) {
    const own = nameAmong(described.name, worker.functions);
    const options = { own, namespace: `${identifier(name)}.${identifier(own)}`, namespaces };
    lines.push(await method(described, options));
  }
  return lines.join('\n');
}

interface MethodOptions {
  readonly own: string;
  readonly namespace: string;
  readonly namespaces: string[];
}

/** One of them, or why there is none: what one function has wrong is not to cost the others their types. */
async function method(
  described: ListedFunction,
  { own, namespace, namespaces }: MethodOptions,
): Promise<string> {
  const error = own === 'then' ? thenable : described.error;
  if (error !== null) return comment([`${own} cannot be called: ${error}`]);
  try {
    namespaces.push(...(await typesOf(described, namespace)));
  } catch (fault) {
    return comment([`${own} has a JSON Schema that has no type: ${(fault as Error).message}`]);
  }
  const documentation = comment([documentationOf(described)]);
  return signatures(described, namespace)
    .map((signature) => `${documentation}${JSON.stringify(own)}${signature}`)
    .join('\n');
}

/** Why what is called `then` has no type: the client gives it none either. */
const thenable = 'JavaScript takes what has a `then` for a promise. Give it another name.';

/** What a file is returned by may also be told to store it. */
function signatures({ input, output, item }: ListedFunction, namespace: string): string[] {
  const isOptional = isEveryArgumentOptional(input);
  const given = `Arguments<Python.${namespace}.input.Value["value"]>`;
  const returned =
    item === null
      ? `Promise<Python.${namespace}.output.Value["value"]>`
      : `Stream<Python.${namespace}.item.Value["value"]>`;
  const storing = `(input: ${given}${isOptional ? ' | undefined' : ''}, options: StoreOptions): Promise<Stored>;`;
  return [
    ...(isFile(output ?? {}) ? [storing] : []),
    `(input${isOptional ? '?' : ''}: ${given}, options?: CallOptions): ${returned};`,
  ];
}

function isEveryArgumentOptional(input: ListedFunction['input']): boolean {
  const required = input?.required;
  return !Array.isArray(required) || required.length === 0;
}

/** The types of what a function takes and of what it gives, each with the models that are in it. */
async function typesOf({ input, output, item }: ListedFunction, namespace: string): Promise<string[]> {
  const schemas = { input, ...(item === null ? { output } : { item }) };
  return Promise.all(
    Object.entries(schemas).map(async ([part, schema]) => {
      const types = await compile(forTypeScript(schema ?? {}, part) as JSONSchema, 'Value', {
        additionalProperties: false,
        bannerComment: '',
        format: false,
        ignoreMinAndMaxItems: true,
      });
      return `declare namespace Python.${namespace}.${part} {\n${types.trim()}\n}`;
    }),
  );
}

function comment(paragraphs: readonly string[]): string {
  const lines = paragraphs.join('\n').replaceAll('*/', '* /').split('\n');
  return `/**\n${lines.map((line) => ` * ${line}`.trimEnd()).join('\n')}\n */\n`;
}

/** In camel case, unless that is what another is called as well. */
function nameAmong(name: string, all: readonly { readonly name: string }[]): string {
  const same = all.filter((each) => camelCase(each.name) === camelCase(name));
  return same.length > 1 ? name : camelCase(name);
}

/** For the name of a namespace, which may not be any text, nor a word that TypeScript keeps for itself. */
function identifier(name: string): string {
  return `_${name.replaceAll(/[^\p{L}\p{N}_]/gu, (character) => `$${character.codePointAt(0)}`)}`;
}
