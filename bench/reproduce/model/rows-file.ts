import { bits } from './numbers.js';
import type { Point } from './curve.js';

const COLUMNS: Readonly<Record<string, (point: Point) => string | number | null>> = {
  model: ({ weights }) => weights.model,
  pruned_by: ({ weights }) => weights.pruned?.method ?? null,
  pruned_ratio: ({ weights }) => weights.pruned?.ratio ?? null,
  cache: ({ entrant }) => entrant.name,
  plugin: ({ entrant }) => entrant.plugin,
  options: ({ entrant }) => JSON.stringify(entrant.options),
  budget_share: ({ entrant }) => entrant.share,
  read_bytes_per_head: ({ entrant }) => entrant.reads,
  positions: ({ positions }) => positions,
  held_bytes_mean: ({ meanBytes }) => Math.round(meanBytes),
  held_bytes_last: ({ lastBytes }) => Math.round(lastBytes),
  bits_per_byte: ({ nll }) => digits(bits(nll)),
  perplexity: ({ nll }) => digits(Math.exp(nll)),
  excess_bits: ({ excess }) => digits(bits(excess)),
  excess_bits_standard_error: ({ excessError }) => digits(bits(excessError)),
  agreement: ({ agreement }) => digits(agreement),
  kl_bits: ({ kl }) => digits(bits(kl)),
  out_of_range_share: ({ outOfRange }) => digits(outOfRange),
};

/** Every measured row as CSV; what is unknown is empty. Times are left out: they are of this machine. */
export function rowsFile(points: readonly Point[]): string {
  const lines = points.map((point) => Object.values(COLUMNS).map((value) => cell(value(point))));
  return [Object.keys(COLUMNS), ...lines].map((line) => `${line.join(',')}\n`).join('');
}

function digits(x: number): number {
  return Number(x.toPrecision(6));
}

function cell(value: string | number | null): string {
  const text = value === null ? '' : String(value);
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
