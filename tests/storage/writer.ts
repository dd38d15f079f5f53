/** Puts files until it is killed, and tells of each when it has been acknowledged. */
import { DiskStore, parseKey } from '../../storage/index.ts';

const [, , directory = '', run = ''] = process.argv;
const store = await DiskStore.open({ directory, quotaBytes: 1e9 });
const signal = new AbortController().signal;

for (let number = 0; ; number += 1) {
  const key = number % 3 === 1 ? 'one' : `${run}/${number}`;
  const made = await store.put(parseKey(key), content(number), { type: 'x/y', signal });
  process.send?.([key, made.sha256]);
}

async function* content(number: number): AsyncGenerator<Uint8Array> {
  for (let piece = 0; piece < 4; piece += 1) yield Buffer.alloc(5000, number);
}
