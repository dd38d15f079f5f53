import { http } from 'msw';

import { readBody } from './body.ts';
import { type Reply, replyOf } from './chat-reply.ts';
import { Chat, textsOf } from './chat-request.ts';
import { created, idOf, usageOf } from './generation.ts';
import type { Host } from './host.ts';
import { logprobsOf } from './logprobs.ts';
import { refusedBody } from './refusals.ts';
import { answer, eventStream } from './streams.ts';
import type { ToolCall } from './tools.ts';

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
  if (chat.stream === true) return eventStream({ model: chat.model, events: chunksOf(chat, reply) });
  const choices = indexesOf(chat).map((index) => choiceOf(chat, reply, index));
  return answer(chat.model, { ...head(chat, 'chat.completion'), choices, usage: usage(chat, reply) });
}

function choiceOf(chat: Chat, { generation, call }: Reply, index: number): object {
  const message = call
    ? { role: 'assistant', content: null, tool_calls: [call] }
    : { role: 'assistant', content: generation.tokens.join('') };
  const logprobs = call ? null : likelihood(chat, generation.tokens);
  return { index, message, logprobs, finish_reason: call ? 'tool_calls' : generation.finishReason };
}

interface Step {
  readonly delta: object;
  readonly tokens?: readonly string[];
  readonly finishReason?: string;
}

/** All choices side by side, step by step. */
function* chunksOf(chat: Chat, reply: Reply): Generator<object> {
  const common = head(chat, 'chat.completion.chunk');
  for (const { delta, tokens, finishReason = null } of stepsOf(reply)) {
    const logprobs = tokens ? likelihood(chat, tokens) : null;
    for (const index of indexesOf(chat))
      yield { ...common, choices: [{ index, delta, logprobs, finish_reason: finishReason }] };
  }
  if (chat.stream_options?.include_usage === true)
    yield { ...common, choices: [], usage: usage(chat, reply) };
}

function* stepsOf({ generation, call }: Reply): Generator<Step> {
  yield { delta: { role: 'assistant', content: call ? null : '' } };
  if (call) for (const delta of callDeltas(call)) yield { delta };
  else for (const token of generation.tokens) yield { delta: { content: token }, tokens: [token] };
  yield { delta: {}, finishReason: call ? 'tool_calls' : generation.finishReason };
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

function likelihood(chat: Chat, tokens: readonly string[]): object | null {
  return chat.logprobs === true ? logprobsOf(tokens, chat.top_logprobs ?? 0) : null;
}

function indexesOf({ n }: Chat): number[] {
  return Array.from({ length: n ?? 1 }, (_, index) => index);
}

/** The tokens of all choices are paid for. */
function usage(chat: Chat, { generation }: Reply): object {
  const tokens = indexesOf(chat).flatMap(() => generation.tokens);
  return usageOf(textsOf(chat).join(' '), { ...generation, tokens });
}

function head(chat: Chat, object: string): object {
  return { id: idOf('chatcmpl', chat), object, created, model: chat.model, system_fingerprint: 'mock' };
}
