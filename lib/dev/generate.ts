import { writeFileSync } from 'node:fs';

import { configurationPage, environmentExample } from '#lib/config';
import { httpSeries, inferenceSeries, metricsPage, processSeries, pythonSeries } from '#lib/metrics';
import { errorsPage } from '#lib/problems';
import { mockPage } from '#mocks';

const root = new URL('../../', import.meta.url);

/** Every generated file in the repository: its path from the root, and the text it must have. */
export const generatedFiles: Readonly<Record<string, string>> = {
  '.env.example': environmentExample(),
  'docs/configuration.md': configurationPage(),
  'docs/errors.md': errorsPage(),
  'docs/metrics.md': metricsPage({
    Requests: httpSeries,
    'Python functions': pythonSeries,
    Inference: inferenceSeries,
    'The server itself': processSeries,
  }),
  'docs/mock.md': mockPage(),
};

if (import.meta.main)
  for (const [path, text] of Object.entries(generatedFiles)) writeFileSync(new URL(path, root), text);
