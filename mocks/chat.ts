import { http } from 'msw';
import { z } from 'zod';

import { withToken } from './access.ts';
import { readBody } from './body.ts';
import { replyTo } from './conversation.ts';
import { provoked } from './failures.ts';
import { created, generate, type Generation, idOf, usageOf } from './generation.ts';
import { routerOrigin } from './origins.ts';
import { refusedBody, refusedModel } from './refusals.ts';
import { answer, eventStream } from './streams.ts';

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
});
type Chat = z.infer<typeof Chat>;

/** `POST /v1/chat/completions` of the router, and the same beneath one model's URL, where the JS client sends it. */
export const chatHandlers = [
  http.post(`${routerOrigin}/v1/chat/completions`, withToken(complete)),
  http.post(`${routerOrigin}/hf-inference/models/:org/:name/v1/chat/completions`, withToken(complete)),
];

async function complete({ request }: { readonly request: Request }): Promise<Response> {
  const read = await readBody(request, Chat);
  if (read.kind !== 'read') return refusedBody(read);
  const chat = read.body;
  const refused = refusedModel(chat.model) ?? (await provoked(chat.model, request.signal));
  return refused ?? replied(chat, request.signal);
}

function replied(chat: Chat, signal: AbortSignal): Response {
  const messages = chat.messages.map(({ role, content }) => ({ role, text: textOf(content) }));
  const generation = generate(replyTo(messages), {
    maxTokens: chat.max_completion_tokens ?? chat.max_tokens ?? undefined,
    stop: chat.stop,
  });
  const usage = usageOf(messages.map((message) => message.text).join(' '), generation);
  return chat.stream === true
    ? eventStream({ model: chat.model, events: chunksOf(chat, generation, usage), signal })
    : answer(chat.model, {
        ...head(chat, 'chat.completion'),
        choices: [
          {
            index: 0,
            message: { role: 'assistant', content: generation.tokens.join('') },
            logprobs: null,
            finish_reason: generation.finishReason,
          },
        ],
        usage,
      });
}

function chunksOf(chat: Chat, generation: Generation, usage: Record<string, number>): unknown[] {
  const chunk = (delta: object, finishReason: string | null): unknown => ({
    ...head(chat, 'chat.completion.chunk'),
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
  });
  const metered = chat.stream_options?.include_usage === true;
  return [
    chunk({ role: 'assistant', content: '' }, null),
    ...generation.tokens.map((content) => chunk({ content }, null)),
    chunk({}, generation.finishReason),
    ...(metered ? [{ ...head(chat, 'chat.completion.chunk'), choices: [], usage }] : []),
  ];
}

function head(chat: Chat, object: string): Record<string, unknown> {
  return { id: idOf('chatcmpl', chat), object, created, model: chat.model, system_fingerprint: 'mock' };
}

/** The text of a message; pictures and other parts say nothing to the mock. */
function textOf(content: Chat['messages'][number]['content']): string {
  return typeof content === 'string' ? content : (content ?? []).map((part) => part.text ?? '').join('\n');
}
