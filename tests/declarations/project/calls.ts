/** Checked by `tsc`: what is marked must be an error, and nothing else may be one. */
import { workers } from '#workers';

const required = { text: '', named: { name: '' }, point: { x: 1 }, pet: { kind: 'cat' } } as const;

export async function right(text: string | undefined): Promise<unknown[]> {
  const { value } = await workers.typedThings.describeAll({
    ...required,
    pet: { kind: 'dog', barksAt: 'you' },
    size: 's',
    colour: 'blue',
    when: new Date().toISOString(),
    pair: ['a', 1],
    counts: { a: 1 },
    maybe: [{ x: 1, y: 2 }],
    anything: { at: ['all'] },
  });
  const sum: number = value + 1;
  const { words } = await workers.other.describeAll({ text: '' });
  const bytes: string = await workers.typedThings.findAnswer();
  await workers.typedThings.findAnswer({ data: text });
  await workers.typedThings.findAnswer({}, { signal: AbortSignal.timeout(1) });
  const listed: string[] = await workers.typedThings.days({ until: '2026-01-01' });
  for await (const day of workers.typedThings.days({ until: '2026-01-01' })) listed.push(day.toUpperCase());
  for await (const pet of workers.typedThings.pets())
    if (pet.kind === 'cat') listed.push(pet.lives.toFixed());
    else listed.push(pet.barksAt);
  const file = await workers.typedThings.limited({ photo: new File([], 'a'), others: [new Blob([])] });
  const { etag, durability } = await workers.typedThings.limited(
    { photo: 'photos/a.png', others: [new Blob([]), 'photos/b.png'] },
    { store: 'photos/c.png', durability: 'persistent', ifNoneMatch: '*' },
  );
  const none: null = await workers.typedThings.nothing();
  const blob = await workers.typedThings.shadowed({ photo: new Blob([]), blob: { size: 1 } });
  const { seal } = await workers.typedThings.seal({ sealed: { seal: 'a text' } });
  const cats = await workers.typedThings.keywords({ mapping: { a: { x: 1 } }, default: { kind: 'cat' } });
  const json: unknown = await workers.typedThings.oddities({ json: ['any', 1, null] });
  await workers.typedThings.nothing({});
  return [
    sum,
    words.length,
    bytes,
    file.name,
    file.stream(),
    etag.length,
    durability === 'ephemeral',
    none,
    blob.size,
    seal.at(0),
    cats.a?.kittens,
    json,
  ];
}

export async function wrong(): Promise<unknown[]> {
  // @ts-expect-error -- an argument is missing
  await workers.typedThings.describeAll({ text: '' });
  // @ts-expect-error -- there is no such argument
  await workers.typedThings.findAnswer({ daat: '' });
  // @ts-expect-error -- a text is no number
  await workers.typedThings.describeAll({ ...required, text: 1 });
  // @ts-expect-error -- not one of the literals
  await workers.typedThings.describeAll({ ...required, size: 'xl' });
  // @ts-expect-error -- a dog has no lives
  await workers.typedThings.describeAll({ ...required, pet: { kind: 'dog', lives: 1, barksAt: '' } });
  // @ts-expect-error -- by its alias alone
  await workers.typedThings.describeAll({ ...required, pet: { kind: 'dog', barks_at: '' } });
  // @ts-expect-error -- there is no such worker
  await workers.typedThing.findAnswer();
  // @ts-expect-error -- there is no such function
  await workers.typedThings.findAnswers();
  // @ts-expect-error -- in camel case
  await workers.typed_things.find_answer();
  // @ts-expect-error -- its hints have no form in JSON
  await workers.typedThings.noForm({ value: 1 });
  // @ts-expect-error -- the other has words
  const { value } = await workers.other.describeAll({ text: '' });
  // @ts-expect-error -- a number has no length
  const { length } = (await workers.typedThings.describeAll(required)).value;
  // @ts-expect-error -- no generator
  for await (const _ of workers.typedThings.findAnswer());
  // @ts-expect-error -- a file, or the key of one
  await workers.typedThings.limited({ photo: 1 });
  // @ts-expect-error -- what is stored is not given back
  (await workers.typedThings.limited({ photo: 'a' }, { store: 'b' })).stream();
  // @ts-expect-error -- it returns no file that could be stored
  await workers.typedThings.findAnswer({}, { store: 'b' });
  // @ts-expect-error -- no such durability
  await workers.typedThings.limited({ photo: 'a' }, { store: 'b', durability: 'forever' });
  // @ts-expect-error -- a model of the name Blob is no file
  await workers.typedThings.shadowed({ photo: { size: 1 } });
  // @ts-expect-error -- bytes in a model are a text
  await workers.typedThings.seal({ sealed: { seal: new Blob([]) } });
  // @ts-expect-error -- it takes nothing
  await workers.typedThings.nothing({ any: 1 });
  // @ts-expect-error -- what has a `then` would be a promise
  const { then } = workers.typedThings;
  // @ts-expect-error -- the worker does not load
  await workers.broken.anything();
  return [value, length, then];
}
