import { expect, it } from 'vitest';
import { budgetTables, otherTable } from './curve-tables.js';
import type { Point } from './curve.js';
import type { Entrant } from './field.js';
import { perplexityPicture } from './picture.js';
import { rowsFile } from './rows-file.js';

const lines = { nGram: 2, nGramOrder: 7, exactBytes: 524_288 };

/** A cache that is so many bits above exact attention's 1.5, within a share of the bytes. */
function point(plugin: string, share: number | null, excess: number, more: Partial<Entrant> = {}): Point {
  const held = (share ?? 1) * lines.exactBytes;
  return {
    weights: { key: 'small', model: 'small', pruned: null },
    entrant: { name: plugin, plugin, options: { size: 3 }, share, reads: null, windows: null, ...more },
    ...{ positions: 1000, meanBytes: held / 2, lastBytes: held, outOfRange: 0, seconds: 1, agreement: 0.5 },
    ...{ nll: (1.5 + excess) * Math.LN2, excess: excess * Math.LN2, excessError: 0.001 * Math.LN2, kl: 0.1 },
  };
}

const points = [
  point('four-cache', null, 0),
  ...[point('window', 1 / 8, 0.7), point('random', 1 / 8, 0.6), point('merge', 1 / 8, 0.3)],
  ...[point('window', 1 / 4, 0.005), point('random', 1 / 4, 0.2), point('merge', 1 / 4, 0.004)],
  point('oracle-top-k', 1 / 8, 0.1, { reads: 8192 }),
  point('two-cache', null, 0, { windows: 2 }),
];

it('says of budgets who is best, who is below chance, and who is worse than the n-gram', () => {
  const [table, agreement] = budgetTables(points, lines);
  expect(table.columns).toEqual(['cache', '1/8: 64.0 KiB', '1/4: 128 KiB']);
  expect(table.rows[0]).toEqual(['_oracle-top-k_', '1.600 (+0.100)', '–']);
  expect(table.note).toContain(
    'At 1/8 the best is merge with +0.300 (random +0.600); worse than random: window.',
  );
  expect(table.note).toContain(
    'At 1/4 the best is merge with +0.004 (random +0.200); none is clearly worse than random.',
  );
  expect(table.note).toContain('above it: window at 1/8, random at 1/8.');
  expect(table.note).toContain('Within 0.01 bits of exact: window at 1/4, merge at 1/4.');
  expect(agreement.note).toContain('No cache predicts better than exact');
});

it('keeps apart what was measured on few positions', () => {
  const { rows, note } = otherTable(points, lines);
  expect(rows.map(([name]) => name)).toEqual(['four-cache']);
  expect(note).toContain('two-cache (size 3) over 1000 positions only: +0.000 bits with 512 KiB');
});

it('writes every row, and quotes options', () => {
  const [head, first, ...others] = rowsFile(points).trimEnd().split('\n');
  expect(head.split(',').length).toBe(18);
  expect(first).toContain('small,,,four-cache,four-cache,"{""size"":3}",,,1000,262144,524288,1.5,');
  expect(others.length).toBe(8);
});

it('draws all caches by name between exact and n-gram', async () => {
  const svg = await perplexityPicture('small', points, lines);
  for (const text of ['exact', 'n-gram of order 7', 'window', 'merge', 'oracle-top-k', 'perplexity per byte'])
    expect(svg).toContain(`>${text}</text>`);
  expect(svg).not.toContain('two-cache</text>');
});
