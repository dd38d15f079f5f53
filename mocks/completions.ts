import { http } from 'msw';
import { z } from 'zod';

import { readBody } from './body.ts';
import { replyTo } from './conversation.ts';
import { created, generate, type Generation, idOf, usageOf } from './generation.ts';
import type { Host } from './host.ts';
import { refusedBody } from './refusals.ts';
import { writtenBy } from './stream-shape.ts';
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
    return refused ?? written(completion);
  });
  return [
    http.post(`${host.origin}/v1/completions`, complete),
    http.post(`${host.origin}/hf-inference/models/:org/:name/v1/completions`, complete),
  ];
}

function written(completion: Completion): Response {
  const { model, prompt, stream } = completion;
  const text = writtenBy(model, () => replyTo([{ role: 'user', text: prompt }]));
  const generation = generate(text, { maxTokens: completion.max_tokens ?? undefined, stop: completion.stop });
  const usage = usageOf(prompt, generation);
  if (stream === true) return eventStream({ model, events: chunksOf(completion, generation, usage) });
  const choices = [choiceOf(generation.tokens.join(''), generation.finishReason)];
  return answer(model, { ...head(completion), choices, usage });
}

function* chunksOf(completion: Completion, generation: Generation, usage: Record<string, number>) {
  const common = head(completion);
  for (const token of generation.tokens) yield { ...common, choices: [choiceOf(token, null)] };
  yield { ...common, choices: [choiceOf('', generation.finishReason)] };
  if (completion.stream_options?.include_usage === true) yield { ...common, choices: [], usage };
}

function choiceOf(text: string, finishReason: string | null): object {
  return { index: 0, text, logprobs: null, finish_reason: finishReason };
}

function head(completion: Completion): object {
  return { id: idOf('cmpl', completion), object: 'text_completion', created, model: completion.model };
}
