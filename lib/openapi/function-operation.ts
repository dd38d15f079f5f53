import { isFile, type Schema, takesFiles } from '#lib/json-schema';
import { documentationOf, type ListedFunction, summaryOf } from '#lib/python';

import type { Schemas } from './schemas.ts';

interface OperationOptions {
  /** Of the function, and of its models. */
  readonly id: string;
  readonly tag: string;
  readonly schemas: Schemas;
}

/** The operation that calls a function of a worker. */
export function functionOperation(described: ListedFunction, options: OperationOptions): Schema {
  return {
    ...headOf(described, options),
    requestBody: bodyOf(inputOf(described, options)),
    responses: responsesOf(described, options),
  };
}

/** What an operation says of its function, however that is called. */
export function headOf(described: ListedFunction, { id, tag }: OperationOptions): Schema {
  const summary = summaryOf(described);
  return {
    operationId: id,
    tags: [tag],
    ...(summary && { summary }),
    description: documentationOf(described),
  };
}

/** The arguments of a function as one object. */
export function inputOf({ input }: ListedFunction, { id, schemas }: OperationOptions): Schema {
  return schemas.add(input ?? {}, `${id}.input`);
}

/** A body of arguments: a form where some of them are files. */
export function bodyOf(schema: Schema): Schema {
  const required = Array.isArray(schema.required) && schema.required.length > 0;
  const type = takesFiles(schema) ? 'multipart/form-data' : 'application/json';
  return { required, content: { [type]: { schema } } };
}

/** What is answered: the value, or the items one by one where `Accept` asks for them, and problem details. */
export function responsesOf({ output, item }: ListedFunction, { id, schemas }: OperationOptions): Schema {
  const schema = schemas.add(output ?? {}, `${id}.output`);
  const isOfFile = isFile(schema);
  const items = item === null ? {} : { 'text/event-stream': text, 'application/x-ndjson': text };
  return {
    200: {
      description: isOfFile ? 'The returned file.' : 'The returned value.',
      content: isOfFile ? { '*/*': {} } : { 'application/json': { schema }, ...items },
    },
    default: { $ref: '#/components/responses/Problem' },
  };
}

const text = { schema: { type: 'string' } };
