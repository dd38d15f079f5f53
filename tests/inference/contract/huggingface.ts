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

    it('writes on', async () => {
      const completions = new InferenceClient(address().key).endpoint(`${address().url}/v1/completions`);
      const whole = await completions.textGeneration({ model: chatModel, inputs: 'Once upon a time' });
      expect(whole.generated_text.length).toBeGreaterThan(10);
    });

    it('finds the label that fits', async () => {
      const parameters = { candidate_labels: ['money', 'tower'] };
      const labels = await at('facebook/bart-large-mnli').zeroShotClassification({
        inputs: tower,
        parameters,
      });
      expect(labels.map(({ label }) => label)).toEqual(['tower', 'money']);
    });

    it('names people and places', async () => {
      const named = await at('dslim/bert-base-NER').tokenClassification({
        inputs: 'We met Ann Smith in Rome.',
      });
      expect(named.map(({ word }) => word)).toEqual(['Ann Smith', 'Rome']);
    });

    it('translates', async () => {
      const { translation_text: text } = await at('google-t5/t5-base').translation({ inputs: tower });
      expect(text).toContain(tower);
    });

    it('fills what is masked', async () => {
      const [first] = await at('google-bert/bert-base-uncased').fillMask({ inputs: 'The [MASK] is tall.' });
      expect(first?.sequence).toBe(`The ${first?.token_str} is tall.`);
    });

    it('hears', async () => {
      const data = new Blob([new Uint8Array(7)], { type: 'audio/wav' });
      const { text } = await at('openai/whisper-large-v3').automaticSpeechRecognition({ data });
      expect(text).toContain('7 bytes');
    });

    it('paints', async () => {
      const flux = at('black-forest-labs/FLUX.1-schnell');
      const picture = await flux.textToImage({ inputs: tower }, { outputType: 'blob' });
      expect(
        Buffer.from(await picture.arrayBuffer())
          .subarray(1, 4)
          .toString(),
      ).toBe('PNG');
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
