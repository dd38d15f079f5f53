/** The model of each task for a call that names none; `workers/heady/inference.py` has the same. */
export function defaultModels({
  textModel,
  embedModel,
}: {
  readonly textModel: string;
  readonly embedModel: string;
}): Readonly<Record<string, string>> {
  return {
    'text-generation': textModel,
    'feature-extraction': embedModel,
    'sentence-similarity': embedModel,
    'question-answering': 'deepset/roberta-base-squad2',
    summarization: 'facebook/bart-large-cnn',
    'text-classification': 'distilbert/distilbert-base-uncased-finetuned-sst-2-english',
    'zero-shot-classification': 'facebook/bart-large-mnli',
    'token-classification': 'dslim/bert-base-NER',
    translation: 'google-t5/t5-base',
    'fill-mask': 'google-bert/bert-base-uncased',
    'automatic-speech-recognition': 'openai/whisper-large-v3',
    'text-to-image': 'black-forest-labs/FLUX.1-schnell',
  };
}
