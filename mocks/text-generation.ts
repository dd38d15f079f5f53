import { z } from 'zod';

import { replyTo } from './conversation.ts';
import { generate, type Generation } from './generation.ts';
import { writtenBy } from './stream-shape.ts';
import { answer, eventStream } from './streams.ts';

export const TextGeneration = z.looseObject({
  inputs: z.string().min(1),
  parameters: z
    .looseObject({
      max_new_tokens: z.int().positive().nullish(),
      return_full_text: z.boolean().nullish(),
      stop: z.array(z.string()).nullish(),
    })
    .nullish(),
  stream: z.boolean().nullish(),
});

/**
 * Text generation on a bare URL, as the Python client asks for it: `[{generated_text}]`, or with
 * `stream: true` one event a token, the last with the whole text.
 */
export function continueText(body: z.infer<typeof TextGeneration>, model: string): Response {
  const generation = generate(
    writtenBy(model, () => replyTo([{ role: 'user', text: body.inputs }])),
    {
      maxTokens: body.parameters?.max_new_tokens ?? undefined,
      stop: body.parameters?.stop,
    },
  );
  const prompt = body.parameters?.return_full_text === true ? body.inputs : '';
  return body.stream === true
    ? eventStream({ model, events: tokenEvents(generation, prompt) })
    : answer(model, [{ generated_text: prompt + generation.tokens.join('') }]);
}

function* tokenEvents({ tokens, finishReason }: Generation, prompt: string) {
  const reason = finishReason === 'length' ? 'length' : 'eos_token';
  for (const [at, text] of tokens.entries()) {
    const isLast = at === tokens.length - 1;
    yield {
      index: at + 1,
      token: { id: at, text, logprob: 0, special: false },
      generated_text: isLast ? prompt + tokens.join('') : null,
      details: isLast ? { finish_reason: reason, generated_tokens: tokens.length, input_length: 0 } : null,
    };
  }
}
