// A cache with a kernel of its own: a function of this module that every thread calls.
//   npx kronflow run -c four-cache -c ./dist/examples/own-kernel.js#band:reach=64 --threads 2
import { z } from 'zod';
import { defineCache, matrix, type TaskCall, type TaskPartial } from 'kronflow';
import { entryRows, gridFlops } from 'kronflow/caches';

/**
 * Keep every token, and score a pair only if its tokens are at most `reach` apart: of a grid with n² pairs the band around
 * the diagonal. No grid of ours can do that, because what is left out depends on both sides at once.
 */
export const band = defineCache(
  {
    name: 'band',
    summary: 'score pairs of tokens that are near each other, by a kernel of its own',
    paper: null,
    options: z.object({
      reach: z.int().min(0).default(64).describe('most tokens that a pair may be apart'),
    }),
    exactness: 'heuristic',
    orders: ['tensor'],
    queryAware: false,
    appendOnly: true,
    selects: false, // it selects pairs, not tokens
    formulaText: '4·n·d·b',
    formula: ({ n, d, bytesPerNumber }, { reach }) => ({
      residentBytes: 4 * n * d * bytesPerNumber,
      metadataBytes: 0,
      scratchBytes: 0,
      flops: 4 * d * pairsOf(n, reach) + gridFlops(n, 0, d),
    }),
    covering: (n) => ({ reach: n }),
  },
  ({ reach }, parts) => {
    const { k1, v1, k2, v2, append, census, snapshot, restore } = entryRows(parts);
    return {
      ...{ append, census, snapshot, restore },
      // #region plan
      plan: () => ({
        jobs: [
          {
            ...{ kind: 'task', role: 'both', task: `${import.meta.url}#sumBand`, rows: k1.count },
            pairs: pairsOf(k1.count, reach),
            inputs: [k1, v1, k2!, v2!].map(matrix),
            numbers: [reach],
          },
        ],
      }),
      // #endregion plan
    };
  },
);

/** Pairs of n tokens that are at most `reach` apart. */
function pairsOf(n: number, reach: number): number {
  const r = Math.min(reach, n - 1);
  return n === 0 ? 0 : n * (2 * r + 1) - r * (r + 1);
}

// #region task
/** The sums of rows [from, to) of side 1 over the band: Σ e^(s − m) and Σ e^(s − m)·v1 * v2, m the largest score. */
export function sumBand({ q, scale, from, to, inputs, numbers: [reach] }: TaskCall): TaskPartial {
  const [k1, v1, k2, v2] = inputs;
  const d = q.length;
  const scores: { readonly a: number; readonly b: number; readonly s: number }[] = [];
  for (let a = from; a < to; a++) {
    const row = k1.row(a);
    const y = q.map((x, t) => scale * x * row[t]);
    for (let b = Math.max(0, a - reach); b <= Math.min(k2.count - 1, a + reach); b++) {
      scores.push({ a, b, s: dot(y, k2.row(b)) });
    }
  }
  const m = scores.reduce((max, { s }) => Math.max(max, s), -Infinity);
  const acc = new Float64Array(d);
  let l = 0;
  for (const { a, b, s } of scores) {
    const [weight, one, two] = [Math.exp(s - m), v1.row(a), v2.row(b)];
    l += weight;
    for (let j = 0; j < d; j++) acc[j] += weight * one[j] * two[j];
  }
  return { m, l, acc, pairs: scores.length, flops: d * (4 * scores.length + 3 * (to - from)) };
}
// #endregion task

function dot(x: ArrayLike<number>, y: ArrayLike<number>): number {
  let sum = 0;
  for (let t = 0; t < x.length; t++) sum += x[t] * y[t];
  return sum;
}
