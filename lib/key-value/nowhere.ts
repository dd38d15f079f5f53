import type { Driver } from 'unstorage';

/** What `useStorage()` without a name is: by Nitro's default it would be memory, which nobody expects to lose. */
export default function nowhere(): Driver {
  return {
    name: 'nowhere',
    hasItem: refuse,
    getItem: refuse,
    getItemRaw: refuse,
    setItem: refuse,
    setItemRaw: refuse,
    removeItem: refuse,
    getKeys: async () => [], // asked as well where the keys of another place are
  };
}

function refuse(key: string): never {
  throw new Error(
    `'${key}': say where it is kept, useStorage('persistent') or useStorage('ephemeral'). What is kept nowhere else would be gone with this process.`,
  );
}
