import { writeFileSync } from 'node:fs';

import { configurationPage, environmentExample } from './document.ts';

const root = new URL('../../', import.meta.url);
writeFileSync(new URL('.env.example', root), environmentExample());
writeFileSync(new URL('docs/configuration.md', root), configurationPage());
