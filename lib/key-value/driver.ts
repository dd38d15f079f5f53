import type { Driver } from 'unstorage';

import type { Durability } from '#storage';
import { currentScope } from '#workers';

import { Entries } from './entries.ts';

interface DriverOptions {
  readonly durability: Durability['durability'];
}

/**
 * What Nitro's `useStorage('persistent')` and `useStorage('ephemeral')` keep their entries with, in the midst of a request.
 * Where nothing lasts, the first of them refuses: it is never memory that looks like a disk.
 */
export default function driver({ durability }: DriverOptions): Driver {
  const entries = () => {
    const { files } = currentScope(`useStorage('${durability}')`);
    return new Entries(files.mount(durability).store, durability);
  };
  return {
    name: durability,
    hasItem: async (key) => entries().has(key),
    getItem: async (key) => (await entries().get(key))?.toString() ?? null,
    getItemRaw: async (key) => entries().get(key),
    setItem: async (key, value) => entries().set(key, Buffer.from(value), 'text/plain; charset=utf-8'),
    setItemRaw: async (key, value) => entries().set(key, bytesOf(value), 'application/octet-stream'),
    removeItem: async (key) => entries().remove(key),
    getKeys: async (base = '') => entries().keys(base),
    getMeta: async (key) => entries().meta(key),
    clear: async (base = '') => {
      const all = entries();
      for (const key of await all.keys(base)) await all.remove(key);
    },
  };
}

/** @throws {TypeError} */
function bytesOf(value: unknown): Buffer {
  if (typeof value === 'string') return Buffer.from(value);
  if (value instanceof ArrayBuffer) return Buffer.from(value);
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  throw new TypeError('setItemRaw takes bytes or a text: give anything else to setItem');
}
