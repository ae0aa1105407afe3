import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MeasureRow } from '../../src/core/trace.js';
import type { OperatorPlugin } from '../../src/core/operator.js';
import { placed, startOperators } from '../../pipelines/plugins/place-operators.js';
import { accountMemory } from '../account-memory.js';
import { attend } from '../attend.js';
import { caches } from '../caches/index.js';
import { window } from '../caches/window.js';
import { certify } from '../certify.js';
import { compare } from '../compare.js';
import { projected, stepByStep, testRun, type TestOptions, type TestRun } from '../testing/test-run.js';
import { updateCaches } from '../update-caches.js';
import { positionBins } from './bins.js';
import { histogram, scoreHistogram } from './score-histogram.js';
import { keptAtoms } from './kept-atoms.js';
import { massByPosition } from './mass-by-position.js';

type Rows = readonly (readonly MeasureRow[])[];

/** Rows that an operator leaves of each of `n` steps, and the keys and queries they are about. */
async function measure(
  plugin: OperatorPlugin,
  options: Readonly<Record<string, unknown>>,
  n: number,
  more: TestOptions = {},
  prompt = 0,
) {
  const run = testRun({ heads: 1, d: 3, ...more });
  const name = plugin.spec.name;
  const [operator] = startOperators([{ name, spec: plugin.spec, create: plugin(options) }], run);
  const events = Array.from({ length: n }, (_, step) => ({
    ...projected(run, step, { prefill: step < prompt }),
    rows: [],
  }));
  const stored = events.map(({ qkv }) =>
    Object.fromEntries<readonly number[] | null>(
      Object.entries(qkv).map(([key, slot]) => [key, slot && [...run.arena.view(slot)]] as const),
    ),
  );
  const after = (place: 'compare' | 'account') => placed<(typeof events)[number]>([operator], place);
  const left = await stepByStep(events, (event) =>
    event.pipe(
      updateCaches(run),
      attend(run),
      certify(run),
      compare(run, { reference: 'f64', always: false }),
      after('compare') as never,
      accountMemory(run) as never,
      after('account') as never,
    ),
  );
  const rows: Rows = (left as unknown as typeof events).map(({ rows: batches }) =>
    batches.flatMap(({ measures = [] }: { measures?: readonly MeasureRow[] }) => measures),
  );
  return { rows, stored, run };
}

/** All scores of step n − 1, pair by pair, from the stored rows. */
function scoresOf(stored: Awaited<ReturnType<typeof measure>>['stored'], { shape }: TestRun) {
  const q = stored.at(-1)!.q!;
  const product = (a: number, b: number) =>
    q.reduce((sum, x, t) => sum + x * stored[a].k1![t] * (stored[b].k2?.[t] ?? 1), 0) * shape.scale;
  const columns = shape.order === 'tensor' ? stored.length : 1;
  return stored.map((_, a) => Array.from({ length: columns }, (_, b) => product(a, b)));
}

it('cuts positions into bins that are all of them, once, and differ by one at most (property)', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 64 }), (n, most) => {
      const bins = positionBins(n, most);
      expect(bins.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i))).toEqual(
        Array.from({ length: n }, (_, i) => i),
      );
      const sizes = bins.map(({ from, to }) => to - from);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      expect(bins.every(({ from, to, x }) => x === (from + to - 1) / 2)).toBe(true);
    }),
  );
});

describe.each(['tensor', 'matrix'] as const)('in %s order', (order) => {
  it('mass-by-position is the softmax summed over bins, as the definition says', async () => {
    const { rows, stored, run } = await measure(massByPosition, { bins: 3, every: 1 }, 7, { order });
    const scores = scoresOf(stored, run);
    const z = scores.flat().reduce((sum, s) => sum + Math.exp(s), 0);
    const side1 = scores.map((row) => row.reduce((sum, s) => sum + Math.exp(s), 0) / z);
    const side2 = scores[0].map((_, b) => scores.reduce((sum, row) => sum + Math.exp(row[b]), 0) / z);
    const binned = (mass: number[]) =>
      positionBins(7, 3).map(({ from, to, x }) => [x, mass.slice(from, to).reduce((a, b) => a + b, 0)]);
    const expected = [...binned(side1), ...(order === 'tensor' ? binned(side2) : [])];
    const last = rows[6];
    expect(last.map(({ x }) => x)).toEqual(expected.map(([x]) => x));
    last.forEach(({ value }, i) => expect(value).toBeCloseTo(expected[i][1], 12));
    expect(new Set(last.map(({ name }) => name))).toEqual(
      new Set(order === 'tensor' ? ['mass-side1', 'mass-side2'] : ['mass-side1']),
    );
    expect(last[0]).toMatchObject({ stream_id: 0, layer: 0, head: 0, cache: null, step: 6 });
  });

  it('score-histogram counts every score once, and its R is that of the exact answer', async () => {
    const { rows, stored, run } = await measure(scoreHistogram, { bins: 5, every: 1 }, 6, { order });
    const scores = scoresOf(stored, run).flat();
    const named = (name: string) => rows[5].filter((row) => row.name === name);
    const [least, most] = [Math.min(...scores), Math.max(...scores)];
    const width = (most - least) / 5;
    named('score-share').forEach(({ x, value }, b) => {
      const inBin = scores.filter((s) => Math.min(4, Math.floor((s - least) / width)) === b);
      expect(value).toBeCloseTo(inBin.length / scores.length, 12);
      expect(x).toBeCloseTo(least + (b + 0.5) * width, 12);
    });
    const mean = scores.reduce((a, b) => a + b) / scores.length;
    expect(named('score-mean')[0]).toMatchObject({ x: null, value: expect.closeTo(mean, 12) });
    const R = Math.sqrt(scores.reduce((sum, s) => sum + (s - mean) ** 2, 0) / scores.length);
    expect(named('score-std')[0].value).toBeCloseTo(R, 12);
    expect(rows[0].filter(({ name }) => name === 'score-share')).toHaveLength(1); // one pair, one bin
  });

  it('kept-atoms says which tokens a window keeps, and nothing of caches that do not select', async () => {
    const labelled = [
      { label: 'w', factory: window({ size: 2 }) },
      { label: 'rank1', factory: caches.find(({ spec }) => !spec.selects && spec.orders.includes(order))!() },
    ];
    const { rows } = await measure(keptAtoms, { bins: 6, every: 1 }, 6, { order, caches: labelled });
    const kept = [0, 0, 0, 0, 1, 1];
    expect(rows[5].map(({ cache, name, x, value }) => [cache, name, x, value])).toEqual(
      (order === 'tensor' ? ['kept-side1', 'kept-side2'] : ['kept-side1']).flatMap((name) =>
        kept.map((value, x) => ['w', name, x, value]),
      ),
    );
  });
});

it('looks at every so many steps, and of a prompt measures only what is kept', async () => {
  const looked = async (plugin: OperatorPlugin) => {
    const labelled = [{ label: 'w', factory: window({ size: 2 }) }];
    const { rows } = await measure(plugin, { every: 2 }, 7, { caches: labelled }, 3);
    return rows.flatMap((of, step) => (of.length > 0 ? [step] : []));
  };
  expect(await looked(massByPosition)).toEqual([4, 6]);
  expect(await looked(scoreHistogram)).toEqual([4, 6]);
  expect(await looked(keptAtoms)).toEqual([0, 2, 4, 6]);
});

it('agrees with the exact answer: bins sum to 1 however many there are (property)', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 40 }), async (n, bins) => {
      const { rows } = await measure(massByPosition, { bins, every: 1 }, n, { dtype: 'f32', scale: 2 });
      for (const name of ['mass-side1', 'mass-side2']) {
        const shares = rows[n - 1].filter((row) => row.name === name).map(({ value }) => value);
        expect(shares.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
      }
    }),
    { numRuns: 15 },
  );
});

it('makes one bin of equal scores', () => {
  expect(histogram(Float64Array.of(2, 2, 2), 8)).toEqual([
    { name: 'score-share', x: 2, value: 1 },
    { name: 'score-mean', x: null, value: 2 },
    { name: 'score-std', x: null, value: 0 },
  ]);
});
