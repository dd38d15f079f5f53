import { isFile, mapSchemas, type Schema, takesFiles } from '#lib/json-schema';
import { documentationOf, type ListedFunction, summaryOf } from '#lib/python';

import type { Schemas } from './schemas.ts';
import { storing } from './storing.ts';

interface OperationOptions {
  /** Of the function, and of its models. */
  readonly id: string;
  readonly tag: string;
  readonly schemas: Schemas;
}

/** The operation that calls a function of a worker. */
export function functionOperation(described: ListedFunction, options: OperationOptions): Schema {
  const operation = {
    ...headOf(described, options),
    requestBody: bodyOf(inputOf(described, options)),
    responses: responsesOf(described, options),
  };
  return isFile(described.output ?? {}) ? storing(operation) : operation;
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

/** A body of arguments: where some of them are files a form as well, as JSON has no more than their keys. */
export function bodyOf(schema: Schema): Schema {
  const required = Array.isArray(schema.required) && schema.required.length > 0;
  const form = takesFiles(schema) && { 'multipart/form-data': { schema } };
  return { required, content: { ...form, 'application/json': { schema: withKeys(schema) } } };
}

/** The schema of arguments as JSON can say them: with a text for each file. */
export function withKeys(schema: Schema): Schema {
  if (!isFile(schema)) return mapSchemas(schema, withKeys);
  const { format: _format, contentMediaType: _type, ...text } = schema;
  return text;
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
