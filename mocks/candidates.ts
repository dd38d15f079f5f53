import { contentStems, isStopWord, type Span, stemOf, wordsOf } from './words.ts';

/** What a question asks for and the patterns of such a thing, the most exact first. */
interface Kind {
  readonly asks: RegExp;
  readonly patterns: readonly RegExp[];
}

const month = '(?:January|February|March|April|May|June|July|August|September|October|November|December)';
const day = '(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)';
const name = String.raw`(?:\p{Lu}[\p{L}-]*(?:['’]\p{Lu}\p{L}+)?)`;
const names = String.raw`${name}(?:\s+(?:(?:de|da|del|der|di|du|la|le|of|van|von)\s+)*(?:the\s+)?${name})*`;
const numberWord =
  '(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|a dozen)';
const magnitude = '(?:hundred|thousand|million|billion|trillion)';
const number = String.raw`(?:(?:[$€£¥]\s?)?\b\d(?:[\d,]*\d)?(?:\.\d+)?(?:\s?%|\s+${magnitude}|\s+percent)*|\b${numberWord}\b(?:[\s-]${magnitude})*)`;
const unit = String.raw`\s?(?:%|percent|°[CF]?|degrees|(?:kilo|centi|milli)?met(?:er|re)s?|km|cm|mm|m|feet|foot|ft|inch(?:es)?|miles?|tonn?es?|tons?|(?:kilo)?grams?|kg|g|lit(?:er|re)s?|seconds?|minutes?|hours?|days?|weeks?|months?|years?|dollars|euros|pounds|MB|GB|TB)(?![\p{L}\p{N}])`;

const kinds: readonly Kind[] = [
  {
    asks: /\bwhen\b|\b(?:what|which)\s+(?:year|date|day|month|century|time)\b/i,
    patterns: [
      patternOf(
        String.raw`(?:\d{1,2}(?:st|nd|rd|th)?\s+)?${month}(?:\s+\d{1,2}(?:st|nd|rd|th)?)?,?\s+\d{4}\b`,
      ),
      patternOf(String.raw`\d{1,2}\s+${month}\b|${month}\s+\d{1,2}\b|\b\d{4}-\d{2}-\d{2}\b`),
      patternOf(String.raw`\b(?:1\d{3}|20\d{2})s?\b`),
      patternOf(String.raw`\b\d{1,2}(?:st|nd|rd|th)\s+century\b|\b${day}\b|\b${month}\b`),
      patternOf(String.raw`\b\d{1,2}(?::\d{2})?\s?(?:[ap]\.?m\b)|\b\d{1,2}:\d{2}\b`),
      patternOf(String.raw`\b(?:after|before|during|every|until|when|while)\s[^.;,]+`),
    ],
  },
  {
    asks: /\bhow\s+(?:big|deep|far|fast|heavy|high|large|long|old|tall|wide)\b/i,
    patterns: [patternOf(number + unit), patternOf(number)],
  },
  {
    asks: /\bhow\s+(?:many|much|often)\b|\bwhat\s+(?:number|percentage|price|share)\b/i,
    patterns: [patternOf(number)],
  },
  {
    asks: /\bwho(?:m|se)?\b|\b(?:what|which)\s+(?:company|person|people)\b/i,
    patterns: [patternOf(String.raw`(?<=\bby\s(?:the\s)?)${names}`), patternOf(names)],
  },
  {
    asks: /\b(?:what|which)\s+(?:city|town)\b/i,
    patterns: [patternOf(String.raw`(?<=\bin\s)(?!${month}\b)${names}`), patternOf(names)],
  },
  {
    asks: /\b(?:what|which)\s+country\b/i,
    patterns: [
      patternOf(String.raw`(?<=\bin\s${names},\s)${names}`),
      patternOf(String.raw`(?<=\bin\s)${names}`),
    ],
  },
  {
    asks: /\bwhere\b|\b(?:what|which)\s+(?:place|region|state)\b/i,
    patterns: [
      patternOf(
        String.raw`(?<=\b(?:at|from|in|into|near|on|to)\s(?:the\s)?)(?!${month}\b)${names}(?:,\s+${names})*`,
      ),
      patternOf(String.raw`\b(?:at|behind|in|inside|near|on|under)\s(?!\d)[^.;,]+`),
    ],
  },
  {
    asks: /\bwhy\b/i,
    patterns: [patternOf(String.raw`\b(?:because|due to|in order to|so that|thanks to|since)\b[^.;]+`)],
  },
  {
    asks: /\bhow\b/i,
    patterns: [patternOf(String.raw`\b(?:by\s\p{L}+ing|through|using|via|with)\b[^.;,]*`)],
  },
];

/**
 * The pieces of a sentence that are what the question asks for: dates for when, people for who, figures for
 * how many. Pieces that only repeat the question are left out. Their starts count within the sentence.
 */
export function candidatesIn(sentence: string, question: string): Span[] {
  const asked = contentStems(question);
  const kind = kinds.find(({ asks }) => asks.test(question));
  for (const pattern of kind?.patterns ?? []) {
    const found = [...sentence.matchAll(pattern)]
      .map((match) => withoutEdges({ text: match[0], start: match.index }))
      .filter((span) => isNews(span.text, asked));
    if (found.length > 0) return found;
  }
  return [];
}

/** The piece without stop words and punctuation before it and punctuation after it. */
export function withoutEdges(span: Span): Span {
  const words = wordsOf(span.text);
  const first = words.find(
    (word) => !isStopWord(word.text) || /^(?:by|because|after|before)$/i.test(word.text),
  );
  if (first === undefined) return span;
  const money = /[$€£¥]\s?$/.exec(span.text.slice(0, first.start))?.[0].length ?? 0;
  const from = first.start - money;
  return { text: span.text.slice(from).replace(/[\s.,;:!?]+$/, ''), start: span.start + from };
}

/** Whether a piece tells anything that the question has not said itself. */
export function isNews(text: string, asked: ReadonlySet<string>): boolean {
  return wordsOf(text).some((word) => !isStopWord(word.text) && !asked.has(stemOf(word.text)));
}

function patternOf(source: string): RegExp {
  return new RegExp(source, 'gu');
}
