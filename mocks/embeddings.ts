import { http } from 'msw';
import { z } from 'zod';

import { readBody } from './body.ts';
import { embed, normalize } from './embedding.ts';
import type { Host } from './host.ts';
import { findModel } from './models.ts';
import { isProvoking } from './provocations.ts';
import { refusedBody } from './refusals.ts';
import { errorReply } from './replies.ts';
import { answer } from './streams.ts';
import { tokensOf } from './words.ts';

const Embeddings = z.object({
  model: z.string().min(1),
  input: z.union(
    [z.string().min(1), z.array(z.string().min(1)).min(1)],
    'expected a text or a list of texts',
  ),
  encoding_format: z.enum(['float', 'base64']).nullish(),
  dimensions: z.int().min(1).max(384).nullish(),
});
type Embeddings = z.infer<typeof Embeddings>;

/** `POST /v1/embeddings`, which servers with OpenAI's API have and Hugging Face's router has not. */
export function embeddingHandlers(host: Host) {
  return [
    http.post(
      `${host.origin}/v1/embeddings`,
      host.guarded(async ({ request }: { readonly request: Request }) => {
        const read = await readBody(request, Embeddings);
        if (read.kind !== 'read') return refusedBody(read);
        const { model } = read.body;
        if (!isProvoking(model) && !findModel(model)?.tasks.includes('feature-extraction'))
          return errorReply(404, {
            message: `The model \`${model}\` does not exist.`,
            type: 'NotFoundError',
            param: 'model',
            code: 'model_not_found',
          });
        return (await host.provoked(model, request.signal)) ?? embedded(read.body);
      }),
    ),
  ];
}

function embedded({ model, input, encoding_format: format, dimensions }: Embeddings): Response {
  const texts = [input].flat();
  const data = texts.map((text, index) => {
    const vector = normalize(embed(text).slice(0, dimensions ?? undefined));
    return { object: 'embedding', index, embedding: format === 'base64' ? base64Of(vector) : vector };
  });
  const tokens = tokensOf(texts.join(' ')).length;
  const usage = { prompt_tokens: tokens, total_tokens: tokens };
  return answer(model, { object: 'list', data, model, usage });
}

/** Little-endian 32-bit floats. */
function base64Of(vector: readonly number[]): string {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [at, value] of vector.entries()) bytes.writeFloatLE(value, at * 4);
  return bytes.toString('base64');
}
