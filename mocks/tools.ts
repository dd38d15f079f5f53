import { z } from 'zod';

import { idOf } from './generation.ts';
import { valueFor } from './schema-value.ts';
import { wordsOf } from './words.ts';

export const Tool = z.looseObject({
  type: z.literal('function'),
  function: z.looseObject({ name: z.string(), parameters: z.record(z.string(), z.unknown()).nullish() }),
});
type Tool = z.infer<typeof Tool>;

export const ToolChoice = z.union([
  z.enum(['auto', 'none', 'required']),
  z.looseObject({ type: z.literal('function'), function: z.looseObject({ name: z.string() }) }),
]);

interface Asked {
  readonly tools: readonly Tool[];
  readonly choice: z.infer<typeof ToolChoice>;
  /** The last message of the user. */
  readonly text: string;
}

export interface ToolCall {
  readonly id: string;
  readonly type: 'function';
  readonly function: { readonly name: string; readonly arguments: string };
}

/**
 * The call that a model makes of a tool: of the one that it has to call, else, left to itself, of one whose name's words
 * the user has said. Its arguments fit the tool's schema.
 */
export function toolCall(asked: Asked): ToolCall | undefined {
  const tool = chosen(asked);
  if (!tool) return undefined;
  const { name, parameters } = tool.function;
  const given = JSON.stringify(valueFor(parameters ?? { type: 'object' }, asked.text));
  return { id: idOf('call', [name, given]), type: 'function', function: { name, arguments: given } };
}

function chosen({ tools, choice, text }: Asked): Tool | undefined {
  if (choice === 'none' || tools.length === 0) return undefined;
  if (typeof choice === 'object') return tools.find((tool) => tool.function.name === choice.function.name);
  const said = new Set(wordsOf(text.toLowerCase()).map((word) => word.text));
  const named = tools.find((tool) => nameWords(tool).every((word) => said.has(word)));
  return named ?? (choice === 'required' ? tools[0] : undefined);
}

/** Of `get_weather` those that say what it is about. */
function nameWords({ function: { name } }: Tool): string[] {
  const words = name
    .replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '' && !verbs.has(word));
  return words.length > 0 ? words : [name.toLowerCase()];
}

const verbs: ReadonlySet<string> = new Set(['get', 'find', 'fetch', 'look', 'search', 'set', 'make', 'up']);
