import { z } from 'zod';

import { Tool, ToolChoice } from './tools.ts';

const Part = z.looseObject({ type: z.string(), text: z.string().optional() });
/** What the mock reads of a request for chat; other fields are let through. */
export const Chat = z.object({
  model: z.string().min(1),
  messages: z
    .array(
      z.looseObject({
        role: z.enum(['assistant', 'developer', 'function', 'system', 'tool', 'user']),
        content: z.union([z.string(), z.array(Part), z.null()]).optional(),
      }),
    )
    .min(1),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  max_tokens: z.int().positive().nullish(),
  max_completion_tokens: z.int().positive().nullish(),
  stop: z.union([z.string(), z.array(z.string())]).nullish(),
  n: z.int().min(1).max(8).nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
  tools: z.array(Tool).nullish(),
  tool_choice: ToolChoice.nullish(),
  response_format: z
    .looseObject({
      type: z.enum(['text', 'json_object', 'json_schema']),
      json_schema: z.looseObject({ schema: z.unknown() }).nullish(),
    })
    .nullish(),
});
export type Chat = z.infer<typeof Chat>;

/** The texts of all messages. */
export function textsOf({ messages }: Chat): string[] {
  return messages.map(({ content }) => textOf(content));
}

/** The text of a message; pictures and other parts say nothing to the mock. */
export function textOf(content: Chat['messages'][number]['content']): string {
  return typeof content === 'string' ? content : (content ?? []).map((part) => part.text ?? '').join('\n');
}
