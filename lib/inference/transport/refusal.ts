import { z } from 'zod';

import type { Failure } from './failure.ts';

/** Of the answer, bytes that are read for it. */
const maxBytes = 64 * 1024;

/** Servers say what is wrong as a text, as OpenAI's object, or beside it. */
const told = z.looseObject({
  error: z
    .union([
      z.string(),
      z.looseObject({ message: z.string(), code: z.union([z.string(), z.number()]).nullish() }),
      z.array(z.string()),
    ])
    .optional(),
  message: z.string().optional(),
  detail: z.unknown().optional(),
  /** Seconds until the model is loaded. */
  estimated_time: z.number().min(0).optional(),
});

/** The failure that an answer with another status than 2xx tells of. */
export async function refusalOf(response: Response): Promise<Failure> {
  const text = await beginning(response);
  const body = parse(text);
  const unsupported = codeOf(body) === 'model_not_supported';
  return {
    message: messageOf(body, text) ?? `it answered ${response.status}`,
    kind: response.status < 400 ? 'malformed' : 'refused', // a redirect is none of the answers that there are
    status: unsupported ? 404 : response.status, // Hugging Face's router says 400 of a model that it does not have
    ...retryAfter(response, body),
  };
}

async function beginning(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const piece of response.body ?? []) {
      text += decoder.decode(piece, { stream: true });
      if (text.length > maxBytes) break;
    }
  } catch {
    // what came of it is all that there is
  }
  return text;
}

function parse(text: string): z.output<typeof told> | undefined {
  try {
    return told.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function codeOf(body: z.output<typeof told> | undefined): unknown {
  const error = body?.error;
  return typeof error === 'object' && 'code' in error ? error.code : undefined;
}

function messageOf(body: z.output<typeof told> | undefined, text: string): string | undefined {
  if (body === undefined) return text.trim().startsWith('<') ? undefined : words(text.trim());
  const { error, message, detail } = body;
  if (Array.isArray(error)) return words(error.join('; '));
  const said = typeof error === 'object' ? error.message : (error ?? message ?? detail);
  return words(typeof said === 'string' ? said : JSON.stringify(said ?? ''));
}

/** What was said, where that is anything. */
function words(said: string): string | undefined {
  return said === '' || said === '""' ? undefined : said;
}

/** How long to wait: by the header (RFC 9110, 10.2.3), in seconds or as a date, or the time until the model is loaded. */
function retryAfter(response: Response, body: z.output<typeof told> | undefined): { retryAfterMs?: number } {
  const header = response.headers.get('retry-after');
  if (header !== null) {
    const ms = /^\s*\d+(?:\.\d+)?\s*$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
    if (Number.isFinite(ms)) return { retryAfterMs: Math.max(0, ms) };
  }
  return body?.estimated_time === undefined ? {} : { retryAfterMs: body.estimated_time * 1000 };
}
