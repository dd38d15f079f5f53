import { orHeartbeat, streamedResponse } from '#lib/http';
import { Problem } from '#lib/problems';

/** Forms in which items can be sent one by one. */
export type ItemFormat = 'text/event-stream' | 'application/x-ndjson';

interface ItemStreamOptions {
  readonly format: ItemFormat;
  /** What a problem in mid-stream is told with. */
  readonly requestId: string;
  readonly production: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Items, each as JSON, as a response that is sent as they come. What goes wrong in mid-stream is its last event, as
 * problem details.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 * @see https://github.com/ndjson/ndjson-spec
 */
export function itemStreamResponse(items: AsyncIterator<Buffer>, options: ItemStreamOptions): Response {
  const chunks = options.format === 'text/event-stream' ? events(items, options) : lines(items, options);
  return streamedResponse(options.format, chunks, options.headers);
}

async function* events(items: AsyncIterator<Buffer>, options: ItemStreamOptions): AsyncGenerator<Buffer> {
  yield Buffer.from(': stream\n\n');
  for await (const step of withHeartbeats(items, options)) {
    if (step.kind === 'problem')
      return yield Buffer.concat([Buffer.from('event: problem\n'), dataField, step.json, blankLine]);
    if (step.kind === 'heartbeat') yield Buffer.from(': heartbeat\n\n');
    else yield Buffer.concat([dataField, step.json, blankLine]);
  }
  yield Buffer.from('event: end\ndata: {}\n\n'); // an EventSource would connect again else: it closes at this
}

const dataField = Buffer.from('data: ');
const blankLine = Buffer.from('\n\n');

/** A problem is a line like any other, told by its `type`; there are no comments, and so no heartbeats. */
async function* lines(items: AsyncIterator<Buffer>, options: ItemStreamOptions): AsyncGenerator<Buffer> {
  yield Buffer.alloc(0); // has the headers sent
  for await (const step of withHeartbeats(items, options))
    if (step.kind !== 'heartbeat') yield Buffer.concat([step.json, Buffer.from('\n')]);
}

type Step = { readonly kind: 'heartbeat' } | { readonly kind: 'item' | 'problem'; readonly json: Buffer };

async function* withHeartbeats(
  items: AsyncIterator<Buffer>,
  { requestId, production }: ItemStreamOptions,
): AsyncGenerator<Step> {
  try {
    for (let next = items.next(); ;) {
      const result = await orHeartbeat(next);
      if (result === 'heartbeat') yield { kind: 'heartbeat' };
      else if (result.done) return;
      else {
        yield { kind: 'item', json: result.value };
        next = items.next();
      }
    }
  } catch (error) {
    if (!(error instanceof Problem)) throw error; // the reader has gone
    yield { kind: 'problem', json: Buffer.from(JSON.stringify(error.body({ requestId, production }))) };
  } finally {
    await items.return?.();
  }
}
