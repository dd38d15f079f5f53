import { type Chat, textOf } from './chat-request.ts';
import { replyTo } from './conversation.ts';
import { generate, type Generation } from './generation.ts';
import { valueFor } from './schema-value.ts';
import { writtenBy } from './stream-shape.ts';
import { type ToolCall, toolCall } from './tools.ts';

/** What the model has to say: a text, or the call of a tool. */
export interface Reply {
  readonly generation: Generation;
  readonly call: ToolCall | undefined;
}

/** What the last message of a chat calls for; what a tool has said is answered in words. */
export function replyOf(chat: Chat): Reply {
  const request = textOf(chat.messages.findLast(({ role }) => role === 'user')?.content);
  const isAnswered = chat.messages.at(-1)?.role === 'tool';
  const asked = { tools: chat.tools ?? [], choice: chat.tool_choice ?? 'auto', text: request };
  const call = isAnswered ? undefined : toolCall(asked);
  const said = call ? call.function.arguments : saidOf(chat, request);
  const maxTokens = chat.max_completion_tokens ?? chat.max_tokens ?? undefined;
  return { generation: generate(said, { maxTokens, stop: chat.stop }), call };
}

function saidOf({ model, messages, response_format: format }: Chat, request: string): string {
  if (format?.type === 'json_schema') return JSON.stringify(valueFor(format.json_schema?.schema, request));
  if (format?.type === 'json_object') return JSON.stringify({ answer: request });
  const last = messages.at(-1);
  if (last?.role === 'tool') return `The tool says: ${textOf(last.content)}`;
  return writtenBy(model, () =>
    replyTo(messages.map(({ role, content }) => ({ role, text: textOf(content) }))),
  );
}
