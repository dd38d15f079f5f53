import { candidatesIn, isNews, withoutEdges } from './candidates.ts';
import { rankSentences, type RankedSentence } from './relevance.ts';
import { contentStems, type Span, stemOf, wordsOf } from './words.ts';

/** What an extractive question answering model gives. */
export interface Answer {
  readonly answer: string;
  /** Above 0, below 1: how well the sentence fits the question and the piece what is asked for. */
  readonly score: number;
  /** Offsets into the context in code points, as the service, which is Python, counts them. */
  readonly start: number;
  readonly end: number;
}

interface Piece extends Span {
  readonly sentence: RankedSentence;
  readonly score: number;
}

/** What an answer that is no date for when, no person for who, … is worth beside one that is. */
const clauseWorth = 0.55;

/** What squad2 models give when the context holds none. */
const noAnswer: Answer = { answer: '', score: 0, start: 0, end: 0 };

/** The best answers to the question that stand in the context, each of its words taken from there. */
export function answersIn(context: string, question: string, limit = 1): Answer[] {
  const answers = rankedPieces(context, question)
    .slice(0, limit)
    .map((piece) => inCodePoints(piece, context));
  return answers.length > 0 ? answers : [noAnswer];
}

/** The whole sentence that the best answer stands in; none when the question shares no word with the text. */
export function answeringSentence(context: string, question: string): string | undefined {
  return rankedPieces(context, question).find((piece) => piece.sentence.relevance > 0)?.sentence.text;
}

function rankedPieces(context: string, question: string): Piece[] {
  return rankSentences(context, question)
    .flatMap((sentence) => piecesOf(sentence, question))
    .toSorted((left, right) => right.score - left.score);
}

function piecesOf(sentence: RankedSentence, question: string): Piece[] {
  const asked = contentStems(question);
  const shared = wordsOf(sentence.text).filter((word) => asked.has(stemOf(word.text)));
  const exact = candidatesIn(sentence.text, question);
  const clause = withoutEdges(clauseOf(sentence.text, asked));
  const weigh = (span: Span, worth: number): Piece => ({
    text: span.text,
    start: sentence.start + span.start,
    sentence,
    score: scoreOf(sentence.relevance, nearness(span, shared) * worth),
  });
  return [...exact.map((span) => weigh(span, 1)), weigh(clause, clauseWorth)];
}

/** A sentence that shares nothing with the question scores near 0, whatever stands in it. */
function scoreOf(relevance: number, fit: number): number {
  return Number((0.01 + 0.98 * Math.min(1, relevance) * fit).toFixed(6));
}

/** From 1 for a piece beside one of the words shared with the question down to two thirds far away from all. */
function nearness(span: Span, shared: readonly Span[]): number {
  const end = span.start + span.text.length;
  const nearest = shared.reduce((least, word) => {
    const distance = word.start >= end ? word.start - end : span.start - word.start - word.text.length;
    return distance >= 0 ? Math.min(least, distance) : least;
  }, Infinity);
  return 2 / 3 + 1 / 3 / (1 + nearest / 20);
}

/**
 * The side of `X is Y` that the question did not name; else the longest run between the question's own
 * words; else the sentence.
 */
function clauseOf(sentence: string, asked: ReadonlySet<string>): Span {
  const definition = /^(?<subject>[^,;]+?)\s+(?:is|are|was|were|means)\s+(?<told>.+)$/su.exec(
    sentence,
  )?.groups;
  if (definition?.subject !== undefined && definition.told !== undefined) {
    const told = { text: upToTurn(definition.told), start: sentence.length - definition.told.length };
    if (!isNews(definition.subject, asked) && isNews(told.text, asked)) return told;
    if (!isNews(told.text, asked) && isNews(definition.subject, asked)) {
      return { text: definition.subject, start: 0 };
    }
  }
  return longestRun(sentence, asked) ?? { text: sentence, start: 0 };
}

function longestRun(sentence: string, asked: ReadonlySet<string>): Span | undefined {
  const bounds = wordsOf(sentence).filter((word) => asked.has(stemOf(word.text)));
  const starts = [0, ...bounds.map((word) => word.start + word.text.length)];
  const ends = [...bounds.map((word) => word.start), sentence.length];
  return starts
    .map((start, at) => ({ text: upToTurn(sentence.slice(start, ends[at])), start }))
    .filter((run) => isNews(run.text, asked))
    .toSorted((left, right) => right.text.length - left.text.length)[0];
}

/** A clause ends where the sentence turns to something else. */
function upToTurn(text: string): string {
  return (
    text.split(/[;:(]|,\s|\s+(?:and\s+(?:he|I|it|she|they|we|you)|because|but|which|while|who)\b/u)[0] ?? text
  );
}

function inCodePoints(piece: Piece, context: string): Answer {
  const start = codePoints(context.slice(0, piece.start));
  return { answer: piece.text, score: piece.score, start, end: start + codePoints(piece.text) };
}

function codePoints(text: string): number {
  return Array.from(text).length;
}
