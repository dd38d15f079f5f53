import type { z } from 'zod';

export type ReadBody<T> =
  | { readonly kind: 'read'; readonly body: T }
  | { readonly kind: 'not-json'; readonly problem: string }
  | { readonly kind: 'invalid'; readonly problem: string; readonly field: string | null };

/** The JSON body of a request, checked against the fields that the mock reads; others are let through. */
export async function readBody<T>(request: Request, schema: z.ZodType<T>): Promise<ReadBody<T>> {
  const text = await request.text();
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    return { kind: 'not-json', problem: `the body is no JSON: ${String(cause)}` };
  }
  const checked = schema.safeParse(json);
  return checked.success
    ? { kind: 'read', body: checked.data }
    : { kind: 'invalid', problem: problemOf(checked.error), field: fieldOf(checked.error) };
}

/** The first thing wrong with a body, in one line that names the field. */
export function problemOf(error: z.ZodError): string {
  return `\`${fieldOf(error) ?? 'body'}\`: ${error.issues[0]?.message ?? error.message}`;
}

function fieldOf(error: z.ZodError): string | null {
  const path = error.issues[0]?.path ?? [];
  return path.length === 0 ? null : path.join('.');
}
