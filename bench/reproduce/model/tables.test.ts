import { expect, it } from 'vitest';
import { budgetTables, otherTable } from './curve-tables.js';
import type { Point, Weights } from './curve.js';
import type { Entrant } from './field.js';
import { amount } from './numbers.js';
import { labelsOf } from './picture-labels.js';
import { perplexityPicture } from './picture.js';
import { prunedTables, type PrunedModel } from './pruned-tables.js';
import { rowsFile } from './rows-file.js';

const lines = { nGram: 2, nGramOrder: 7, exactBytes: 524_288, heads: 8 };

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
  expect(table.source).toContain('1,000 positions');
  expect(table.note).toContain(
    'At 1/8 the best is merge with +0.300 (random +0.600); clearly worse than random: window.',
  );
  expect(table.note).toContain(
    'At 1/4 the best is merge with +0.004 (random +0.200); not clearly behind it: window; none is clearly worse than random.',
  );
  expect(table.note).toContain('above it: window at 1/8; random at 1/8.');
  expect(table.note).toContain('Within 0.01 bits of exact: window at 1/4; merge at 1/4.');
  expect(agreement.note).toContain('No cache predicts better than exact');
});

it('ranks by the budgets that all have, and says so of what was run over a part', () => {
  const few = { reads: 8192, windows: 2 };
  const oracles = [point('oracle-top-k', 1 / 8, 0.5, few), point('oracle-top-k', 1 / 4, 0.001, few)];
  const easy = point('easy', 1 / 4, 0.003); // none at 1/8, so that 1/4 alone counts
  const all = [...points.filter(({ entrant }) => entrant.name !== 'oracle-top-k'), ...oracles, easy];
  const partly = all.map((one) =>
    one.entrant.windows === 2 ? { ...one, nll: one.nll + 1, positions: 512 } : one,
  );
  const [{ rows, note, source }] = budgetTables(partly, lines);
  expect(rows.map(([name]) => name)).toEqual(['_oracle-top-k_', 'easy', 'merge', 'window', '_random_']);
  expect(rows[0]).toEqual(['_oracle-top-k_', '2.000 (+0.500)', '1.501 (+0.001)']); // exact's 1.5 of all positions
  expect(note).toContain('over 512 of the positions');
  expect(source).toContain('A dash: it cannot be so small.');
});

it('says of what is better than exact how often chance would be', () => {
  const [, { note }] = budgetTables([...points, point('lucky', 1 / 4, -0.003)], lines);
  expect(note).toContain('lucky at 1/4 (−0.003); of 5 comparisons chance alone would make 0 so.');
});

it('keeps apart what was measured on few positions', () => {
  const { rows, note } = otherTable(points, lines);
  expect(rows.map(([name]) => name)).toEqual(['four-cache']);
  expect(note).toContain(
    'two-cache (size 3) over 1,000 of the positions only: +0.000 ± 0.001 bits above exact',
  );
});

it('says of pruned models how often a cache costs clearly more', () => {
  const weights: Weights = { key: 'p', model: 'small', pruned: { method: 'wanda', ratio: 0.5 } };
  const worse = { ...point('window', 1 / 8, 0.9), weights };
  const alike = { ...point('merge', 1 / 8, 0.301), weights };
  const exact = { ...point('four-cache', null, 0), weights };
  const dense = [{ name: 'small', choiceBits: 1.4, bits: 1.6, positions: 4096 }];
  const one = {
    name: 'small',
    method: 'wanda',
    ratio: 0.5,
    choiceBits: 1.5,
    bits: 1.7,
    chosen: true,
  } as PrunedModel;
  const [methods, caches] = prunedTables([one], dense, [...points, worse, alike, exact]);
  expect(methods.rows).toEqual([['small', '–', 'dense', '1.400', '1.600'], ['small', 0.5, 'wanda (chosen)', '1.500', '1.700']]); // prettier-ignore
  expect(methods.note).toContain('the 0 others of 1');
  expect(caches.rows.map(([name, budget]) => `${name} ${budget}`)).not.toContain('oracle-top-k 1/8');
  expect(caches.note).toContain('small at ratio 0.5: more in 1, less in 0 of 2');
});

it('writes large amounts as people do', () => {
  expect([17, 1166.4, 130_234, 1_166_803_110, 1.5e22].map(amount)).toEqual([
    '17',
    '1,170',
    '130,000',
    '1.2·10⁹',
    '1.5·10²²',
  ]);
});

it('writes every row, and quotes options', () => {
  const [head, first, ...others] = rowsFile(points).trimEnd().split('\n');
  expect(head.split(',').length).toBe(18);
  expect(first).toContain('small,,,four-cache,four-cache,"{""size"":3}",,,1000,262144,524288,1.5,');
  expect(others.length).toBe(8);
});

it('draws what is near exact, and says what is not drawn and where it is', async () => {
  const far = point('subgen4', null, 3);
  const svg = await perplexityPicture('small', [...points, far], lines);
  for (const text of [
    'exact: 2.83',
    'n-gram of order 7: 4.00',
    'window',
    'merge',
    'perplexity per byte (logarithmic)',
  ])
    expect(svg).toContain(`>${text}</text>`);
  expect(svg).toContain('Off the plot: subgen4 512\u00a0KiB: 22.63.');
  expect(svg).toContain('for they keep everything: oracle-top-k.');
  for (const name of ['subgen4', 'two-cache']) expect(svg).not.toContain(`>${name}</text>`);
  expect(await perplexityPicture('small', points, lines, 'dark')).toContain('#14171a');
});

it('labels lines at their first point when they begin at the left, and at their last otherwise', () => {
  const row = (cache: string, bytes: number) => ({ cache, bytes, perplexity: 2 });
  const { left, right } = labelsOf([row('a', 1), row('b', 2), row('c', 50), row('a', 90), row('c', 100)]);
  expect(left.map(({ cache, point: { bytes } }) => [cache, bytes])).toEqual([['a', 1], ['b', 2]]); // prettier-ignore
  expect(right.map(({ cache, point: { bytes } }) => [cache, bytes])).toEqual([['c', 100]]);
});
