interface StreamShape {
  readonly tokens: number;
  /** How far its events are apart. */
  readonly everyMs: number;
}

/** What models stream whose name says nothing else: near enough for tests, apart far enough to be seen as a stream. */
const usual: StreamShape = { tokens: 100, everyMs: 10 };

/** What a model of the name `mock/stream-N-M` streams; undefined of any other. */
export function streamShape(model: string): StreamShape | undefined {
  const found = /^mock\/stream(?:-(?<tokens>\d{1,6})(?:-(?<everyMs>\d{1,6}))?)?$/.exec(model);
  if (!found) return undefined;
  const { tokens = usual.tokens, everyMs = usual.everyMs } = found.groups ?? {};
  return { tokens: Number(tokens), everyMs: Number(everyMs) };
}

/** How far the events of a model's streams are apart. */
export function paceOf(model: string): number {
  return (streamShape(model) ?? usual).everyMs;
}

/** What a model writes: as many words as its name says, where it says so. */
export function writtenBy(model: string, write: () => string): string {
  const shape = streamShape(model);
  return shape ? ' word'.repeat(shape.tokens).trimStart() : write();
}
