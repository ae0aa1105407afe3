import { bounds, boundsInput, type BoundsInput } from '../../src/bounds/index.js';
import { toMarkdown, type ReproducedTable } from './table.js';

const PLACES: readonly Partial<BoundsInput>[] = [
  { n: 1024, d: 256, r: 4 },
  { n: 1_000_000, d: 8, r: 2, m: 16 },
];

/** Every statement of math.md 2, claimed and corrected, in many and in few dimensions. */
export function reproduceBounds(): {
  readonly tables: readonly ReproducedTable[];
  readonly markdown: string;
} {
  const tables = PLACES.map(boundsAt);
  return { tables, markdown: tables.map(toMarkdown).join('\n\n') };
}

function boundsAt(place: Partial<BoundsInput>): ReproducedTable {
  const input = boundsInput.parse(place);
  const flags = Object.entries(place).map(([name, value]) => `--${name} ${value}`);
  const rows = bounds.map((bound) => {
    const { name, about, claimed, corrected, conditions } = bound(input);
    const failing = conditions.filter(({ holds }) => holds === false).map(({ text }) => text);
    return [
      ...[name, about, claimed === null ? '–' : claimed.formula, claimed === null ? '–' : text(claimed)],
      ...[corrected.formula, text(corrected), failing.join('; ') || '–'],
    ];
  });
  return {
    title: `Theorems at n = ${input.n}, d = ${input.d}, |q| ≤ ${input.r}`,
    source: 'Computed, not measured: the formulas of src/bounds.',
    command: `kronflow bounds ${flags.join(' ')} --explain`,
    columns: ['statement', 'what is counted', 'claimed', 'value', 'corrected', 'value', 'does not hold here'],
    rows,
    note: 'Ω and O are read with constant 1; `--explain` says in two sentences each what is wrong with the version of the paper.',
  };
}

function text({ value, log10, unit }: { value: number; log10: number | null; unit: string }): string {
  const number = log10 !== null && log10 >= 6 ? `10^${log10.toFixed(1)}` : String(Math.round(value));
  return unit === '1' ? number : `${number} ${unit}`;
}
