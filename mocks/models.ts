export type Task =
  | 'automatic-speech-recognition'
  | 'feature-extraction'
  | 'fill-mask'
  | 'question-answering'
  | 'sentence-similarity'
  | 'summarization'
  | 'text-classification'
  | 'text-generation'
  | 'text-to-image'
  | 'token-classification'
  | 'translation'
  | 'zero-shot-classification';

export interface MockModel {
  readonly id: string;
  /** What the Hub calls the model's main task. A MiniLM is listed under similarity and also embeds. */
  readonly pipelineTag: Task;
  /** What its `hf-inference` URL answers; the first is the task of a body that fits several. */
  readonly tasks: readonly Task[];
  readonly tags: readonly string[];
  readonly library: string;
  readonly provider: { readonly name: string; readonly id: string; readonly task: string };
  readonly contextTokens: number;
}

/** The models that the mock serves; every other id is unknown to it, as it would be to the service. */
export const models: readonly MockModel[] = [
  chatModel('openai/gpt-oss-20b', 'groq', 131_072),
  chatModel('meta-llama/Llama-3.1-8B-Instruct', 'novita', 16_384),
  {
    ...taskModel('sentence-transformers/all-MiniLM-L6-v2', 'sentence-similarity', 256),
    tasks: ['feature-extraction', 'sentence-similarity'],
    tags: ['sentence-transformers', 'feature-extraction', 'sentence-similarity', 'en'],
    library: 'sentence-transformers',
  },
  taskModel('deepset/roberta-base-squad2', 'question-answering', 512),
  taskModel('facebook/bart-large-cnn', 'summarization', 1024),
  taskModel('distilbert/distilbert-base-uncased-finetuned-sst-2-english', 'text-classification', 512),
  taskModel('facebook/bart-large-mnli', 'zero-shot-classification', 1024),
  taskModel('dslim/bert-base-NER', 'token-classification', 512),
  taskModel('google-t5/t5-base', 'translation', 512),
  taskModel('google-bert/bert-base-uncased', 'fill-mask', 512),
  taskModel('openai/whisper-large-v3', 'automatic-speech-recognition', 448),
  taskModel('black-forest-labs/FLUX.1-schnell', 'text-to-image', 256),
];

export function findModel(id: string): MockModel | undefined {
  return models.find((model) => model.id === id);
}

/** Whether the router's chat and completions know the model: those that generate text. */
export function isChatModel(model: MockModel): boolean {
  return model.pipelineTag === 'text-generation';
}

/** The id without the router's policy or provider: `openai/gpt-oss-20b:fastest` is `openai/gpt-oss-20b`. */
export function withoutProvider(id: string): string {
  return id.split(':', 1)[0] ?? id;
}

function chatModel(id: string, provider: string, contextTokens: number): MockModel {
  return {
    id,
    pipelineTag: 'text-generation',
    tasks: ['text-generation'],
    tags: ['transformers', 'text-generation', 'conversational', 'en'],
    library: 'transformers',
    provider: { name: provider, id, task: 'conversational' },
    contextTokens,
  };
}

function taskModel(id: string, task: Task, contextTokens: number): MockModel {
  return {
    id,
    pipelineTag: task,
    tasks: [task],
    tags: ['transformers', task, 'en'],
    library: 'transformers',
    provider: { name: 'hf-inference', id, task },
    contextTokens,
  };
}
