import { z } from 'zod';

import { problemOf } from './body.ts';
import { cosine, embed, normalize } from './embedding.ts';
import { answersIn } from './extract.ts';
import type { Task } from './models.ts';
import { namesIn } from './names.ts';
import { pictureOf } from './picture.ts';
import { invalidInput, rawReply } from './replies.ts';
import { sentimentOf } from './sentiment.ts';
import { transcriptOf } from './speech.ts';
import { answer } from './streams.ts';
import { summarize } from './summary.ts';
import { continueText, TextGeneration } from './text-generation.ts';

export interface TaskCall {
  readonly model: string;
  readonly body: unknown;
}

const Text = z.string().min(1);
const Texts = z.union([Text, z.array(Text).min(1)]);

const FeatureExtraction = z.looseObject({ inputs: Texts, normalize: z.boolean().nullish() });
const SentenceSimilarity = z.looseObject({
  inputs: z.object({ source_sentence: Text, sentences: z.array(Text).min(1) }),
});
const QuestionAnswering = z.looseObject({
  inputs: z.object({ question: Text, context: Text }),
  parameters: z.looseObject({ top_k: z.int().positive().nullish() }).nullish(),
});
const SummaryLength = z.looseObject({ max_length: z.int().positive().nullish() });
const Summarization = z.looseObject({
  inputs: Texts,
  parameters: z
    .looseObject({ max_length: z.int().positive().nullish(), generate_parameters: SummaryLength.nullish() })
    .nullish(),
});
const TextClassification = z.looseObject({
  inputs: Texts,
  parameters: z.looseObject({ top_k: z.int().positive().nullish() }).nullish(),
});

const ZeroShot = z.looseObject({
  inputs: Text,
  parameters: z.looseObject({
    candidate_labels: z.array(Text).min(1),
    multi_label: z.boolean().nullish(),
  }),
});
const Plain = z.looseObject({ inputs: Text });
const Masked = z.looseObject({
  inputs: z.string().includes('[MASK]'),
  parameters: z.looseObject({}).nullish(),
});
const Sound = z.looseObject({ inputs: z.base64() });

/** What each task answers to a body, in the service's own shape. */
export const taskAnswers: Readonly<Record<Task, (call: TaskCall) => Response>> = {
  'feature-extraction': checked(FeatureExtraction, ({ inputs, normalize: unit }) => {
    const vectorOf = (text: string): number[] => (unit === false ? embed(text) : normalize(embed(text)));
    return typeof inputs === 'string' ? vectorOf(inputs) : inputs.map(vectorOf);
  }),
  'sentence-similarity': checked(SentenceSimilarity, ({ inputs }) => {
    const source = embed(inputs.source_sentence);
    return inputs.sentences.map((sentence) => cosine(source, embed(sentence)));
  }),
  'question-answering': checked(QuestionAnswering, ({ inputs, parameters }) => {
    const wanted = parameters?.top_k ?? 1;
    const answers = answersIn(inputs.context, inputs.question, wanted);
    return wanted === 1 ? answers[0] : answers;
  }),
  summarization: checked(Summarization, ({ inputs, parameters }) => {
    const maxTokens = parameters?.max_length ?? parameters?.generate_parameters?.max_length ?? Infinity;
    return [inputs].flat().map((text) => ({ summary_text: summarize(text, { maxTokens }) }));
  }),
  'text-classification': checked(TextClassification, ({ inputs, parameters }) =>
    [inputs].flat().map((text) => sentimentOf(text).slice(0, parameters?.top_k ?? 2)),
  ),
  'zero-shot-classification': checked(ZeroShot, ({ inputs, parameters }) => {
    const source = embed(inputs);
    const alike = parameters.candidate_labels.map((label) => Math.exp(4 * cosine(source, embed(label))));
    // Labels that exclude each other share one; of several that may hold each has its own.
    const sum = parameters.multi_label === true ? undefined : alike.reduce((total, each) => total + each, 0);
    return parameters.candidate_labels
      .map((label, at) => ({ label, score: (alike[at] ?? 0) / (sum ?? Math.E + (alike[at] ?? 0)) }))
      .toSorted((a, b) => b.score - a.score);
  }),
  'token-classification': checked(Plain, ({ inputs }) => namesIn(inputs)),
  translation: checked(Plain, ({ inputs }) => [{ translation_text: `[translated] ${inputs}` }]),
  'fill-mask': checked(Masked, ({ inputs }) =>
    ['house', 'tower', 'cat'].map((word, at) => ({
      sequence: inputs.replace('[MASK]', word),
      score: 0.6 / 2 ** at,
      token: 1000 + at,
      token_str: word,
    })),
  ),
  'automatic-speech-recognition': checked(Sound, ({ inputs }) => transcriptOf(Buffer.from(inputs, 'base64'))),
  'text-to-image': (call) => {
    const read = Plain.safeParse(call.body);
    if (!read.success) return invalidInput(problemOf(read.error));
    return rawReply(new Uint8Array(pictureOf(read.data.inputs)), 'image/png');
  },
  'text-generation': (call) => {
    const read = TextGeneration.safeParse(call.body);
    return read.success ? continueText(read.data, call.model) : invalidInput(problemOf(read.error));
  },
};

function checked<T>(schema: z.ZodType<T>, compute: (body: T) => unknown): (call: TaskCall) => Response {
  return ({ model, body }) => {
    const read = schema.safeParse(body);
    return read.success ? answer(model, compute(read.data)) : invalidInput(problemOf(read.error));
  };
}
