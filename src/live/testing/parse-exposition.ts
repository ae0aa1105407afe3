/** A metric as it was read. */
export interface ReadMetric {
  readonly type: string;
  readonly help: string;
  readonly samples: readonly { readonly labels: ReadonlyMap<string, string>; readonly value: number }[];
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABELS = /^\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"(?:,|(?=\})))*\}$/;
const UNITS = /_(bytes|seconds|ratio|total|info|tokens|running|expected|deviation)$/;

/**
 * Read Prometheus' text format 0.0.4 and refuse what is not of it, and what its conventions forbid: HELP and TYPE once and
 * before the samples, no metric in two places, no sample twice, counters that end in _total, units in names.
 */
export function parseExposition(text: string): ReadonlyMap<string, ReadMetric> {
  if (!text.endsWith('\n')) throw new Error('no newline at the end');
  const lines = text.slice(0, -1).split('\n');
  const metrics = new Map<string, ReadMetric & { samples: ReadMetric['samples'][number][] }>();
  for (let i = 0; i < lines.length;) {
    const [, name, help] = must(/^# HELP (\S+) (.+)$/, lines[i++]);
    const [, typed, type] = must(/^# TYPE (\S+) (counter|gauge)$/, lines[i++]);
    if (name !== typed || !NAME.test(name) || metrics.has(name)) throw new Error(`bad family: ${name}`);
    if ((type === 'counter') !== name.endsWith('_total') || !UNITS.test(name))
      throw new Error(`bad name: ${name}`);
    const metric = { type, help, samples: [] as ReadMetric['samples'][number][] };
    const seen = new Set<string>();
    for (; i < lines.length && !lines[i].startsWith('#'); i++) {
      const [, of, labels = '', value] = must(/^([a-zA-Z0-9_:]+)(\{.*\})? (\S+)$/, lines[i]);
      if (of !== name || seen.has(labels)) throw new Error(`misplaced or doubled: ${lines[i]}`);
      seen.add(labels);
      metric.samples.push({ labels: parseLabels(labels), value: parseNumber(value) });
    }
    if (metric.samples.length === 0) throw new Error(`${name}: no sample`);
    metrics.set(name, metric);
  }
  return metrics;
}

function must(pattern: RegExp, line: string): RegExpExecArray {
  const match = pattern.exec(line);
  if (match === null) throw new Error(`not of the format: ${JSON.stringify(line)}`);
  return match;
}

function parseLabels(text: string): ReadonlyMap<string, string> {
  if (text === '') return new Map();
  if (!LABELS.test(text)) throw new Error(`bad labels: ${text}`);
  const pairs = [...text.matchAll(/([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g)];
  return new Map(
    pairs.map(([, key, value]) => [key, value.replace(/\\(.)/g, (_, c: string) => (c === 'n' ? '\n' : c))]),
  );
}

function parseNumber(text: string): number {
  if (/^[+-]?Inf$/.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  if (text === 'NaN') return NaN;
  if (!/^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text)) throw new Error(`bad number: ${text}`);
  return Number(text);
}
