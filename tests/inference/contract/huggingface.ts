import { InferenceClient } from '@huggingface/inference';
import { describe, expect, it } from 'vitest';

import type { Address } from './address.ts';

const chatModel = 'openai/gpt-oss-20b';
const messages = [{ role: 'user' as const, content: 'Who built the tower?' }];
const tower = 'Gustave Eiffel built the tower in 1889. It stands in Paris.';

/** What Hugging Face's own client for Node does with a server that has the paths of its router. */
export function huggingFaceSuite(name: string, address: () => Address): void {
  const at = (model: string, pipeline = '') => {
    const { url, key } = address();
    return new InferenceClient(key).endpoint(`${url}/hf-inference/models/${model}${pipeline}`);
  };
  const chat = () => new InferenceClient(address().key).endpoint(`${address().url}/v1/chat/completions`);

  describe(`Hugging Face’s client for Node at ${name}`, () => {
    it('chats, whole and streamed', async () => {
      const asked = { model: chatModel, messages };
      const whole = (await chat().chatCompletion(asked)).choices[0]?.message.content;
      let text = '';
      for await (const chunk of chat().chatCompletionStream(asked))
        text += chunk.choices[0]?.delta.content ?? '';
      expect([text, text.includes('Who built the tower?')]).toEqual([whole, true]);
    });

    it('answers questions', async () => {
      const inputs = { question: 'Who built the tower?', context: tower };
      const found = await at('deepset/roberta-base-squad2').questionAnswering({ inputs });
      expect(found).toMatchObject({ answer: 'Gustave Eiffel', start: 0, end: 14 });
    });

    it('summarises', async () => {
      const { summary_text: summary } = await at('facebook/bart-large-cnn').summarization({ inputs: tower });
      expect(tower).toContain(summary.slice(0, 20));
    });

    it('classifies', async () => {
      const sst = at('distilbert/distilbert-base-uncased-finetuned-sst-2-english');
      const [first] = await sst.textClassification({ inputs: 'I love this wonderful tower.' });
      expect(first?.label).toBe('POSITIVE');
    });

    it('embeds', async () => {
      const model = at('sentence-transformers/all-MiniLM-L6-v2', '/pipeline/feature-extraction');
      const vectors = (await model.featureExtraction({ inputs: ['a cat', 'a dog'] })) as number[][];
      expect(vectors.map(({ length }) => length)).toEqual([384, 384]);
    });
  });
}
