import { answeringSentence } from './extract.ts';
import { summarize } from './summary.ts';
import { sentencesOf } from './words.ts';

export interface Message {
  readonly role: string;
  readonly text: string;
}

const summaryWords = /\b(?:gist|in short|key points?|shorten|summar(?:y|i[sz]e\w*)|tl;?dr)\b/i;
const contextLabel = /(?:^|\n)\s*(?:article|context|document|paragraph|passage|text)\s*:/i;
const questionLabel = /(?:^|\n)\s*(?:question|query|q)\s*:/i;

/**
 * What the mock says to a conversation. Asked for a summary, it gives the central sentences of the text;
 * asked a question about something that was said before it, the sentence that fits best; anything else it
 * answers by quoting what was asked. What the assistant itself said is never its source.
 */
export function replyTo(messages: readonly Message[]): string {
  const last = messages.findLast((message) => message.role === 'user') ?? messages.at(-1);
  const request = last?.text ?? '';
  const source = sourceOf(messages);
  if (instructionsIn(messages, request).some((text) => summaryWords.test(text))) {
    const summary = summarize(source.filter((sentence) => !summaryWords.test(sentence)).join(' '));
    if (summary !== '') return summary;
  }
  const question = questionOf(request);
  const told = source.filter((sentence) => sentence !== question && !sentence.endsWith('?')).join(' ');
  return (
    answeringSentence(told, question) ??
    `You asked: "${question}" This is the mock's answer: no text came with the question.`
  );
}

/** The sentences that may hold an answer: those under a label such as `Context:` if there is one, else all. */
function sourceOf(messages: readonly Message[]): string[] {
  const texts = messages.filter((message) => message.role !== 'assistant').map((message) => message.text);
  const labelled = texts.filter((text) => contextLabel.test(text)).map(underContextLabel);
  return (labelled.length > 0 ? labelled : texts).flatMap((text) =>
    sentencesOf(text).map((sentence) => sentence.text),
  );
}

function underContextLabel(text: string): string {
  const after = text.slice(endOf(contextLabel, text));
  const question = questionLabel.exec(after);
  return question === null ? after : after.slice(0, question.index);
}

/** The text under `Question:`, else the last sentence that ends in a question mark, else the last one. */
function questionOf(text: string): string {
  const asked = questionLabel.test(text) ? text.slice(endOf(questionLabel, text)) : text;
  const sentences = sentencesOf(asked.replace(/(?:^|\n)\s*(?:answer|a)\s*:\s*$/i, '')).map(
    (sentence) => sentence.text,
  );
  return sentences.findLast((sentence) => sentence.endsWith('?')) ?? sentences.at(-1) ?? text.trim();
}

/**
 * Where it may say what to do: the system's messages and the last request, each before the text that it is
 * about, or after it. Requests that are answered already say nothing about the last one.
 */
function instructionsIn(messages: readonly Message[], request: string): string[] {
  const lasting = messages.filter(({ role }) => role === 'system' || role === 'developer');
  return [...lasting.map((message) => message.text), request].flatMap((text) => {
    const sentences = sentencesOf(text);
    return [sentences[0], sentences.at(-1)].map((sentence) => sentence?.text ?? '');
  });
}

function endOf(label: RegExp, text: string): number {
  const match = label.exec(text);
  return match === null ? 0 : match.index + match[0].length;
}
