import { http } from 'msw';
import { z } from 'zod';

import { readBody } from './body.ts';
import { replyTo } from './conversation.ts';
import { created, generate, type Generation, idOf, usageOf } from './generation.ts';
import type { Host } from './host.ts';
import { refusedBody } from './refusals.ts';
import { valueFor } from './schema-value.ts';
import { writtenBy } from './stream-shape.ts';
import { answer, eventStream } from './streams.ts';
import { Tool, type ToolCall, toolCall, ToolChoice } from './tools.ts';

const Part = z.looseObject({ type: z.string(), text: z.string().optional() });
const Chat = z.object({
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
  tools: z.array(Tool).nullish(),
  tool_choice: ToolChoice.nullish(),
  response_format: z
    .looseObject({
      type: z.enum(['text', 'json_object', 'json_schema']),
      json_schema: z.looseObject({ schema: z.unknown() }).nullish(),
    })
    .nullish(),
});
type Chat = z.infer<typeof Chat>;

/** What the model has to say: a text, or the call of a tool. */
interface Reply {
  readonly generation: Generation;
  readonly call: ToolCall | undefined;
}

/** `POST /v1/chat/completions`, and the same beneath one model's URL, where the JS client sends it. */
export function chatHandlers(host: Host) {
  const complete = host.guarded(async ({ request }: { readonly request: Request }) => {
    const read = await readBody(request, Chat);
    if (read.kind !== 'read') return refusedBody(read);
    const chat = read.body;
    const refused = host.refusedModel(chat.model) ?? (await host.provoked(chat.model, request.signal));
    return refused ?? replied(chat);
  });
  return [
    http.post(`${host.origin}/v1/chat/completions`, complete),
    http.post(`${host.origin}/hf-inference/models/:org/:name/v1/chat/completions`, complete),
  ];
}

function replied(chat: Chat): Response {
  const reply = replyOf(chat);
  const usage = usageOf(textsOf(chat).join(' '), reply.generation);
  if (chat.stream === true) return eventStream({ model: chat.model, events: chunksOf(chat, reply, usage) });
  const choices = Array.from({ length: chat.n ?? 1 }, (_, index) => choiceOf(reply, index));
  return answer(chat.model, { ...head(chat, 'chat.completion'), choices, usage });
}

function choiceOf({ generation, call }: Reply, index: number) {
  const message = call
    ? { role: 'assistant', content: null, tool_calls: [call] }
    : { role: 'assistant', content: generation.tokens.join('') };
  return { index, message, logprobs: null, finish_reason: call ? 'tool_calls' : generation.finishReason };
}

function replyOf(chat: Chat): Reply {
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

function* chunksOf(chat: Chat, { generation, call }: Reply, usage: Record<string, number>) {
  const common = head(chat, 'chat.completion.chunk');
  const chunk = (delta: object, finishReason: string | null): object => ({
    ...common,
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
  });
  yield chunk({ role: 'assistant', content: call ? null : '' }, null);
  const pieces = call ? callDeltas(call) : generation.tokens.map((content) => ({ content }));
  for (const delta of pieces) yield chunk(delta, null);
  yield chunk({}, call ? 'tool_calls' : generation.finishReason);
  if (chat.stream_options?.include_usage === true) yield { ...common, choices: [], usage };
}

/** The name first, then the arguments in pieces. */
function callDeltas({ id, type, function: { name, arguments: given } }: ToolCall): object[] {
  const first = { index: 0, id, type, function: { name, arguments: '' } };
  const pieces = (given.match(/.{1,8}/gs) ?? []).map((piece) => ({
    index: 0,
    function: { arguments: piece },
  }));
  return [first, ...pieces].map((call) => ({ tool_calls: [call] }));
}

function head(chat: Chat, object: string): Record<string, unknown> {
  return { id: idOf('chatcmpl', chat), object, created, model: chat.model, system_fingerprint: 'mock' };
}

function textsOf({ messages }: Chat): string[] {
  return messages.map(({ content }) => textOf(content));
}

/** The text of a message; pictures and other parts say nothing to the mock. */
function textOf(content: Chat['messages'][number]['content']): string {
  return typeof content === 'string' ? content : (content ?? []).map((part) => part.text ?? '').join('\n');
}
