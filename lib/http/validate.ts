import type { z } from 'zod';

import { type FieldError, pointerTo, Problem } from '#lib/problems';

/** What a schema makes of a value; nothing where there is none. */
export type Parsed<T extends z.ZodType | undefined> = T extends z.ZodType ? z.output<T> : undefined;

/**
 * A value as its schema has it.
 *
 * @param base - pointer to the value in what was sent.
 * @throws {Problem} `invalid-input`, with a pointer to each wrong field.
 */
export function validate<T extends z.ZodType | undefined>(
  schema: T | undefined,
  value: unknown,
  base = '',
): Parsed<T> {
  if (schema === undefined) return undefined as Parsed<T>;
  const result = schema.safeParse(value);
  if (result.success) return result.data as Parsed<T>;
  const errors = result.error.issues.map((issue) => fieldError(base, issue));
  throw new Problem('invalid-input', `${errors.length} invalid field${errors.length === 1 ? '' : 's'}.`, {
    errors,
  });
}

function fieldError(base: string, { path, message }: z.core.$ZodIssue): FieldError {
  return { pointer: `${base}${pointerTo(...path)}`, detail: message };
}
