import { expect, it } from 'vitest';
import type { TraceSummary } from '../../pipelines/summarise.js';
import { summaryTable } from './summary-table.js';

const cache = {
  ...{ cache: 'four-cache', peak_resident_bytes: 307200, peak_held_bytes: 307200, peak_scratch_bytes: 0 },
  ...{ ms_per_token_p50: 0.102, ms_per_token_p95: 0.216, lost_mass_mean: null, within_bound_share: null },
  ...{ err_rel_l2_mean: 5.4e-8, err_rel_l2_p99: 1.3e-7, err_rel_l2_max: 2e-7, out_of_range: 0 },
};
const run = { layers: 1, heads: 1, d: 32, order: 'tensor', kernel: 'native', status: 'complete', lift: null };
const summary = {
  ...{ dir: 'out', tokens: 300, score_std: 1, caches: [cache] },
  run: { ...run, inputs: [], execution: {}, config: {} },
} as unknown as TraceSummary;

const lines = (width?: number) => summaryTable(summary, width).split('\n');
const head = (width?: number) => lines(width).find((line) => line.includes('│ cache'))!.split('│').map((cell) => cell.trim()).filter(Boolean); // prettier-ignore
const all = ['cache', 'held', 'scratch', 'ms/token p50', 'p95', 'error mean', 'p99', 'max', 'score std R'];

it('shows every column where no terminal says how wide it is, or where it is wide enough', () => {
  expect(head()).toEqual(all);
  expect(head(lines()[1].length)).toEqual(all);
});

it('leaves out columns until a line of the table fits, those of the tails first', () => {
  expect(head(lines()[1].length - 1)).toEqual(all.filter((name) => name !== 'p95'));
  expect(lines(80)[1].length).toBeLessThanOrEqual(80);
  expect(lines(80)).toContain('in a wider terminal also p95, p99, scratch');
  expect(head(20)).toEqual(['cache', 'held', 'ms/token p50', 'error mean', 'max', 'score std R']);
});

it('says what pruned weights save, and nothing of whole ones', () => {
  const cost = {
    matrices: 5,
    bytes: 49152,
    dense_bytes: 81920,
    flops_per_token: 3,
    dense_flops_per_token: 5,
  };
  const textOf = (sparse_matrices: number) =>
    summaryTable({
      ...summary,
      run: { ...summary.run, execution: { projection: { ...cost, sparse_matrices } } },
    });
  expect(textOf(2)).toContain(
    '\nprojection: 2 of 5 matrices without their zeros, 48.0 KiB instead of 80.0 KiB, 60 % of the operations',
  );
  expect(textOf(0)).not.toContain('projection');
});

it.each([60, 80, 118])('breaks what stands below the table between words, at %i columns', (width) => {
  const words = (text: string) => text.split('R: root')[0].split('error: ')[1].split(/\s+/);
  const [narrow, wide] = [summaryTable(summary, width), summaryTable(summary)];
  expect(narrow.split('\n').filter((line) => line.length > width && !/[│─]/.test(line))).toEqual([]);
  expect(words(narrow)).toEqual(words(wide));
});

it('says what layers and heads were given where they share a budget', () => {
  const head = (bytes: number, spread?: number) => ({ bytes, options: {}, ...(spread && { spread }) });
  const heads = [
    [head(2048), head(2048)],
    [head(1024, 7.25), head(512, 3)],
  ];
  const allocation = { policy: 'spread', bytes: 6144, at: 256, heads };
  const config = {
    caches: [
      { name: 'window', label: 'w', options: {}, allocation },
      { name: 'tova', label: 't', options: {} },
    ],
  };
  const text = summaryTable({ ...summary, run: { ...summary.run, config } });
  expect(text).toContain(
    '\nw: spread, 6.00 KiB for all layers and heads of a stream, at n = 256' +
      '\nlayer 0: 4.00 KiB: 2.00 KiB a head' +
      '\nlayer 1: 1.50 KiB: 1.00 KiB, 512 B; attention spread over 7.3, 3.0 tokens',
  );
});
