import { http } from 'msw';
import { z } from 'zod';

import { readBody } from './body.ts';
import { replyTo } from './conversation.ts';
import { created, generate, idOf, usageOf } from './generation.ts';
import type { Host } from './host.ts';
import { refusedBody } from './refusals.ts';
import { answer, eventStream } from './streams.ts';

const Completion = z.object({
  model: z.string().min(1),
  prompt: z.string(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  max_tokens: z.int().positive().nullish(),
  stop: z.union([z.string(), z.array(z.string())]).nullish(),
});
type Completion = z.infer<typeof Completion>;

/** `POST /v1/completions`, which is the JS client's text generation, also beneath one model's URL. */
export function completionHandlers(host: Host) {
  const complete = host.guarded(async ({ request }: { readonly request: Request }) => {
    const read = await readBody(request, Completion);
    if (read.kind !== 'read') return refusedBody(read);
    const completion = read.body;
    const refused =
      host.refusedModel(completion.model) ?? (await host.provoked(completion.model, request.signal));
    return refused ?? written(completion, request.signal);
  });
  return [
    http.post(`${host.origin}/v1/completions`, complete),
    http.post(`${host.origin}/hf-inference/models/:org/:name/v1/completions`, complete),
  ];
}

function written(completion: Completion, signal: AbortSignal): Response {
  const { model, prompt } = completion;
  const generation = generate(replyTo([{ role: 'user', text: prompt }]), {
    maxTokens: completion.max_tokens ?? undefined,
    stop: completion.stop,
  });
  const usage = usageOf(prompt, generation);
  const head = { id: idOf('cmpl', completion), object: 'text_completion', created, model };
  const choice = (text: string, finishReason: string | null): unknown => ({
    ...head,
    choices: [{ index: 0, text, logprobs: null, finish_reason: finishReason }],
  });
  if (completion.stream !== true) {
    return answer(model, {
      ...head,
      choices: [
        {
          index: 0,
          text: generation.tokens.join(''),
          logprobs: null,
          finish_reason: generation.finishReason,
        },
      ],
      usage,
    });
  }
  const metered = completion.stream_options?.include_usage === true;
  const events = [
    ...generation.tokens.map((text) => choice(text, null)),
    choice('', generation.finishReason),
    ...(metered ? [{ ...head, choices: [], usage }] : []),
  ];
  return eventStream({ model, events, signal });
}
