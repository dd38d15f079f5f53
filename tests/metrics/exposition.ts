/** A series of an exposition: its name and labels, as they are written. */
type SeriesKey = string;

export interface Family {
  readonly type: string;
  readonly help: string;
  readonly samples: Map<SeriesKey, number>;
}

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const namePattern = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const labelPattern = String.raw`[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*"`;
const sampleLine = new RegExp(
  String.raw`^(${namePattern})(?:\{(${labelPattern}(?:,${labelPattern})*)\})? ([-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?)$`,
);

/**
 * The families of an exposition in Prometheus' text format 0.0.4, read more strictly than Prometheus does.
 *
 * @throws {Error} the first line that breaks a rule: of a family HELP comes first, then TYPE, then all of its samples; no
 * family and no series comes twice; histograms are cumulative up to `+Inf`, which is their count.
 */
export function parseExposition(text: string): Map<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  const families = new Map<string, Family>();
  const lines = text.split('\n').filter((line) => line !== '');
  let [name, help, family]: [string, string | undefined, Family | undefined] = ['', undefined, undefined];
  for (const line of lines) {
    const [, keyword, named = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (keyword === 'HELP') {
      if (families.has(named)) throw new Error(`a second family ${named}`);
      [name, help, family] = [named, rest, undefined];
    } else if (keyword === 'TYPE') {
      if (named !== name || help === undefined || family) throw new Error(`no HELP before: ${line}`);
      if (!['counter', 'gauge', 'histogram'].includes(rest)) throw new Error(`no such type: ${line}`);
      families.set(name, (family = { type: rest, help, samples: new Map() }));
    } else {
      if (!family) throw new Error(`no TYPE before: ${line}`);
      addSample(line, name, family);
    }
  }
  for (const [each, { type, samples }] of families) if (type === 'histogram') checkHistogram(each, samples);
  return families;
}

function addSample(line: string, family: string, { type, samples }: Family): void {
  const { name, labels, value } = parseSample(line);
  const suffixes = type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
  if (!suffixes.some((suffix) => name === `${family}${suffix}`)) throw new Error(`not of ${family}: ${line}`);
  if (type !== 'gauge' && value < 0) throw new Error(`negative: ${line}`);
  const key = seriesKey(name, labels);
  if (samples.has(key)) throw new Error(`a second time: ${line}`);
  samples.set(key, value);
}

export function parseSample(line: string): Sample {
  const [, name = '', labelled = '', value] = sampleLine.exec(line) ?? [];
  if (value === undefined) throw new Error(`no sample: ${line}`);
  const pairs = [...labelled.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label = '', text = '']) => [
    label,
    text,
  ]);
  const labels = Object.fromEntries(pairs) as Record<string, string>;
  if (Object.keys(labels).length !== pairs.length) throw new Error(`a label twice: ${line}`);
  return { name, labels, value: Number(value) };
}

/** The same for the same series, in whatever order its labels are written. */
export function seriesKey(name: string, labels: Readonly<Record<string, string>> = {}): SeriesKey {
  const written = Object.entries(labels)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([label, value]) => `${label}="${value}"`);
  return written.length === 0 ? name : `${name}{${written.join(',')}}`;
}

function checkHistogram(name: string, samples: Family['samples']): void {
  const last = new Map<SeriesKey, { readonly bound: number; readonly count: number }>();
  for (const [key, count] of samples) {
    const { name: of, labels } = parseSample(`${key} 0`);
    if (of !== `${name}_bucket`) continue;
    const { le = '', ...others } = labels;
    const group = seriesKey(`${name}_count`, others);
    const bound = le === '+Inf' ? Infinity : Number(le);
    const { bound: before, count: below } = last.get(group) ?? { bound: -Infinity, count: 0 };
    if (!(bound > before && count >= below)) throw new Error(`not cumulative: ${key}`);
    last.set(group, { bound, count });
  }
  for (const [group, { bound, count }] of last)
    if (bound !== Infinity || samples.get(group) !== count) throw new Error(`not whole: ${group}`);
}
