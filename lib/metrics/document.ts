import type { SeriesTable } from './series.ts';

/** The text of `docs/metrics.md`: how Prometheus reads the series, and a table over those of each part, by its title. */
export function metricsPage(parts: Readonly<Record<string, SeriesTable>>): string {
  const tables = Object.entries(parts).map(([title, series]) => `## ${title}\n\n${table(series)}\n`);
  return `<!-- Generated from lib/metrics/*.ts by \`npm run generate\`. -->
# Metrics

\`GET /metrics\` answers in Prometheus' text format. Like every route it needs the key:

\`\`\`yaml
scrape_configs:
  - job_name: heady-manager
    scheme: https
    authorization:
      credentials: the value of HEADY_API_KEY # or credentials_file, which keeps it out of this file
    static_configs:
      - targets: [heady-manager.onrender.com]
\`\`\`

Counters begin at 0 with each start, so read them by \`rate()\` or \`increase()\`. Each instance counts for itself: with
several, let Prometheus scrape each at its own address, not at the one that they share.

| to know | ask |
|---|---|
${questions.map(([question, query]) => `| ${question} | \`${query}\` |`).join('\n')}

No client can add series: \`route\` is the pattern of the route that was matched, else \`none\`; \`method\` is \`other\` when no
route takes such a one; \`worker\` and \`function\` are those of files that exist, \`worker\` the path of the file where that
is under \`routes/\`; \`model\` is one of fifty that have answered, else \`other\`. A call of a worker that does not exist or does not load is no invocation: see the requests' \`status\`.

${tables.join('\n')}`;
}

const questions: readonly (readonly [question: string, query: string])[] = [
  [
    'the share of failed requests',
    'sum(rate(heady_http_requests_total{status=~"5.."}[5m])) / sum(rate(heady_http_requests_total[5m]))',
  ],
  [
    'the 95th percentile of each function',
    'histogram_quantile(0.95, sum by (le, worker, function) (rate(heady_python_invocation_duration_seconds_bucket[5m])))',
  ],
  [
    'whether calls wait for Python',
    'rate(heady_python_queue_seconds_sum[5m]) / rate(heady_python_queue_seconds_count[5m])',
  ],
  [
    'what `memory=` a function needs',
    'histogram_quantile(0.99, sum by (le, worker, function) (rate(heady_python_peak_memory_bytes_bucket[1d])))',
  ],
];

function table(series: SeriesTable): string {
  const rows = Object.values(series).map(
    ({ name, type, labels, help }) =>
      `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`,
  );
  return `| series | type | labels | meaning |\n|---|---|---|---|\n${rows.join('\n')}`;
}
