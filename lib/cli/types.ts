import { defineCommand } from 'citty';

import { withService } from './service.ts';
import { strict } from './strict.ts';
import type { Surroundings } from './surroundings.ts';

export const types = defineCommand({
  meta: {
    name: 'types',
    description: 'Writes the types of all functions for TypeScript, as npm run dev does on every change',
  },
  plugins: [strict],
  run: async ({ data }): Promise<number> => {
    const { root } = data as Surroundings;
    const { writeDeclarations } = await import('#lib/declarations'); // needs what is there for development alone
    const file = await withService(data as Surroundings, async ({ python }) =>
      writeDeclarations(root, await python.list()),
    );
    console.log(file);
    return 0;
  },
});
