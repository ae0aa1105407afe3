import type { Spec } from './plot.js';

/** Least and most of what is drawn on an axis. */
export type Domain = readonly [least: number, most: number];

/** How numbers of an axis are spaced and written. */
export interface Axis {
  readonly field: string;
  readonly title: string;
  readonly log?: boolean;
  /** Kind of number, for the texts at ticks. */
  readonly kind: 'count' | 'bytes' | 'ms' | 'error' | 'share' | 'plain';
  readonly domain: Domain;
}

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
const LABELS: Readonly<Record<Axis['kind'], string>> = {
  count: "format(datum.value, ',~r')",
  bytes: bytesExpression(),
  ms: "datum.value >= 1000 ? format(datum.value / 1000, '~r') + ' s' : datum.value >= 1 || datum.value == 0 ? format(datum.value, '~r') + ' ms' : format(datum.value * 1000, '~r') + ' µs'",
  error:
    "datum.value != 0 && abs(datum.value) < 0.001 ? format(datum.value, '~e') : format(datum.value, '~r')",
  share: "format(datum.value, '~%')",
  plain: "format(datum.value, '~r')",
};

/** A position channel: scale, ticks and a title that says the unit. */
export function channel(axis: Axis): Spec {
  const { field, title, log = false, kind, domain } = axis;
  return {
    field,
    type: 'quantitative',
    scale: {
      type: log ? 'log' : 'linear',
      domain: [...domain],
      nice: false,
      ...(log ? {} : { zero: false }),
    },
    axis: { title, labelExpr: LABELS[kind], values: [...ticks(axis)] },
  };
}

/** Where ticks stand: round numbers of the unit, some five of them. */
export function ticks(axis: Axis): readonly number[] {
  const found = roundNumbers(axis);
  const whole = axis.kind === 'count' ? found.filter(Number.isInteger) : [];
  return whole.length > 0 ? whole : found; // nobody counts in fractions
}

function roundNumbers({ log = false, kind, domain: [low, high] }: Axis): readonly number[] {
  if (kind === 'bytes') return log ? powersOf2(low, high) : roundTicks(low, high, byteStep(high - low));
  if (!log) return roundTicks(low, high, niceStep(high - low));
  const decades = Math.log10(high / low);
  const factors =
    decades > 3
      ? [1]
      : decades > 1.4
        ? [1, 3]
        : decades > 0.6
          ? [1, 2, 3, 5, 7]
          : [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9];
  const every = Math.max(1, Math.ceil(decades / 6));
  const found: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
    if (power % every !== 0) continue;
    for (const factor of factors) found.push(Number(`${factor}e${power}`));
  }
  const inside = found.filter((x) => x >= low * 0.999 && x <= high * 1.001);
  return inside.length > 0 ? inside : [Number(Math.sqrt(low * high).toPrecision(2))];
}

/** The domain of values on a linear axis from 0, or a log axis, with some air; of nothing, [1, 10] or [0, 1]. */
export function domainOf(values: readonly (number | null | undefined)[], log = false): Domain {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value === null || value === undefined || !Number.isFinite(value) || (log && value <= 0)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return log ? [1, 10] : [0, 1];
  if (!log) return [Math.min(0, low), high > 0 ? high * 1.05 : high < low || high < 0 ? 0 : 1];
  const air = Math.max(1.08, (high / low) ** 0.04);
  return low === high ? [low / 2, high * 2] : [low / air, high * air];
}

/** The domain of a log axis that begins and ends at its data. */
export function exactDomain(values: readonly number[], log = false): Domain {
  const [low, high] = domainOf(values, true);
  const least = values.length === 0 ? low : Math.min(...values);
  const most = values.length === 0 ? high : Math.max(...values);
  if (least === most) return log ? [least / 1.5, most * 1.5] : [Math.max(0, least - 1), most + 1];
  return [least, most];
}

/** From a value of an axis to 0 … 1 along it, and back. */
export function along({ log = false, domain: [low, high] }: Pick<Axis, 'log' | 'domain'>) {
  const f = log ? Math.log : (x: number) => x;
  const back = log ? Math.exp : (x: number) => x;
  const span = f(high) - f(low) || 1;
  return {
    to: (x: number) => (f(x) - f(low)) / span,
    from: (share: number) => back(f(low) + share * span),
  };
}

function roundTicks(low: number, high: number, step: number): readonly number[] {
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: Math.max(0, count) }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

function niceStep(span: number): number {
  const rough = (span || 1) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough * 0.999) ?? 10);
}

function byteStep(span: number): number {
  return 2 ** Math.ceil(Math.log2((span || 1) / 6));
}

function powersOf2(low: number, high: number): readonly number[] {
  const [from, to] = [Math.ceil(Math.log2(low) - 1e-9), Math.floor(Math.log2(high) + 1e-9)];
  const every = [1, 2, 5, 10, 20].find((step) => (to - from) / step <= 6) ?? 20;
  const found: number[] = [];
  for (let power = from; power <= to; power++) if (power % every === 0) found.push(2 ** power);
  return found.length > 0 ? found : [2 ** from];
}

function bytesExpression(): string {
  const text = (unit: string, i: number) => `format(datum.value / ${1024 ** i}, '~r') + ' ${unit}'`;
  const larger = BYTE_UNITS.slice(1).map(
    (unit, i) => `datum.value >= ${1024 ** (i + 1)} ? ${text(unit, i + 1)} : `,
  );
  return `${larger.reverse().join('')}${text(BYTE_UNITS[0], 0)}`;
}
