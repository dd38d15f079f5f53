import { excessOf } from '#lib/json-bounds';
import { pointerTo, Problem } from '#lib/problems';

import type { AnyCall } from './call.ts';

/** A text that is given for a file: its key. */
export interface GivenKey {
  /** Of the argument. */
  readonly name: string;
  readonly text: string;
  /** To the text in the request. */
  readonly pointer: string;
}

/**
 * The keys that a call gives for the arguments of these names, wherever it gives them. Those of one name are in the order
 * in which the process comes to them: the body, the path, the query, the form.
 */
export function givenKeys({ input, given, parts = {} }: AnyCall, names: readonly string[]): GivenKey[] {
  if (names.length === 0) return []; // most functions take no files: their bodies are read by their processes alone
  const members = membersOf(input);
  const partsByName = new Map(Object.entries(parts));
  const { path = [], query = [], form = [] } = given ?? {};
  return names.flatMap((name) => {
    const pointer = pointerTo(name);
    return [
      ...inBody(members.get(name), pointer),
      ...textsOf(path, name).map((text) => ({ text, pointer: `/params${pointer}` })),
      ...textsOf(query, name).map((text) => ({ text, pointer: `/query${pointer}` })),
      ...textsOf(form, name).map((text) => ({ text, pointer })),
      ...(partsByName.get(name) ?? []).map((text) => ({ text, pointer })),
    ].flatMap(({ text, pointer: at }) => (typeof text === 'string' ? [{ name, text, pointer: at }] : []));
  });
}

function inBody(value: unknown, pointer: string): { readonly text: unknown; readonly pointer: string }[] {
  if (!Array.isArray(value)) return [{ text: value, pointer }];
  return value.map((text: unknown, at) => ({ text, pointer: `${pointer}/${at}` }));
}

function textsOf(pairs: readonly (readonly [name: string, text: string])[], name: string): string[] {
  return pairs.filter(([each]) => each === name).map(([, text]) => text);
}

/**
 * Of a JSON object; none where it is no such thing, which the process says.
 *
 * @throws {Problem} `invalid-input` for more than is taken here: others wait while it is parsed.
 */
function membersOf(input: Uint8Array): ReadonlyMap<string, unknown> {
  const text = new TextDecoder().decode(input);
  const excess = excessOf(text);
  if (excess !== undefined) throw new Problem('invalid-input', `The body ${excess}.`);
  try {
    return new Map(Object.entries(JSON.parse(text) as object));
  } catch {
    return new Map();
  }
}
