import { describe, expect, it } from 'vitest';
import type { CacheFactory } from '../../../src/core/cache.js';
import { heavyHitter } from '../heavy-hitter.js';
import { observationWindow } from '../observation-window.js';
import { startTrial } from '../testing/harness.js';
import { referenceAttention } from '../testing/reference.js';
import { makeStream, type Stream } from '../testing/streams.js';
import { tova } from '../tova.js';

const [SIZE, SIZE2] = [7, 5];

/** What a policy drops: kept positions, what every query so far gave each (by position), and the new position. */
type Definition = (kept: readonly number[], history: readonly Map<number, number>[], next: number) => number;

const least = (candidates: readonly number[], score: (position: number) => number) =>
  candidates.reduce((best, position) => (score(position) < score(best) ? position : best));
const sumOf = (history: readonly Map<number, number>[], position: number) =>
  history.reduce((sum, marginals) => sum + (marginals.get(position) ?? 0), 0);

const policies: readonly { name: string; factory: CacheFactory; drop: (size: number) => Definition }[] = [
  {
    name: 'tova',
    factory: tova({ size: SIZE, size2: SIZE2 }),
    drop: () => (kept, history) => least(kept, (position) => history.at(-1)!.get(position)!),
  },
  {
    name: 'heavy-hitter',
    factory: heavyHitter({ size: SIZE, size2: SIZE2, recentShare: 0.4 }),
    drop: (size) => (kept, history, next) => {
      const old = kept.filter((position) => position <= next - Math.round(0.4 * size));
      return least(old, (position) => sumOf(history, position));
    },
  },
  {
    name: 'observation-window',
    factory: observationWindow({ size: SIZE, size2: SIZE2, window: 2, pool: 3 }),
    drop: () => (kept, history, next) => {
      const old = kept.filter((position) => position <= next - 2);
      const near = (position: number) => old.filter((other) => Math.abs(other - position) <= 1);
      const pooled = (position: number) =>
        Math.max(...near(position).map((other) => sumOf(history.slice(-2), other)));
      return least(old, pooled);
    },
  },
];

/** Marginals of both sides, by position, straight from the scores of all kept pairs. */
function marginalsOf(stream: Stream, n: number, kept: readonly (readonly number[])[]): Map<number, number>[] {
  const [side1, side2] = kept;
  const { scores, logZ } = referenceAttention(stream, n, { side1, side2 });
  const columns = stream.order === 'tensor' ? side2.length : 1;
  const p = (a: number, b: number) => Math.exp(scores[a * columns + b] - logZ);
  const indices = Array.from({ length: columns }, (_, b) => b);
  return [
    new Map(side1.map((position, a) => [position, indices.reduce((sum, b) => sum + p(a, b), 0)])),
    new Map(side2.map((position, b) => [position, side1.reduce((sum, _, a) => sum + p(a, b), 0)])),
  ];
}

describe.each(policies)('$name', ({ factory, drop }) => {
  it.each(['tensor', 'matrix'] as const)('keeps what its definition keeps (%s)', async (order) => {
    for (let seed = 0; seed < 6; seed++) {
      const stream = makeStream({
        ...{ d: 4, n: 40, seed, order, dtype: 'f64', scale: 1, maxScore: 6 },
        ...{ zeroKeys: 0, zeroValues: 0, repeats: 0 },
      });
      const sizes = order === 'tensor' ? [SIZE, SIZE2] : [SIZE];
      const kept: number[][] = [[], []];
      const history: Map<number, number>[][] = [[], []];
      const trial = startTrial(factory, stream);
      for (const [i, token] of stream.tokens.entries()) {
        sizes.forEach((size, side) => {
          if (kept[side].length === size) {
            const leaving = drop(size)(kept[side], history[side], i);
            kept[side] = kept[side].filter((position) => position !== leaving);
          }
          kept[side].push(i);
        });
        await trial.take(token);
        marginalsOf(stream, i + 1, kept).forEach((marginals, side) => history[side].push(marginals));
        const { side1, side2 } = trial.cache.positions!();
        const sorted = [side1, side2].map((list) => [...list].sort((a, b) => a - b));
        expect(sorted, `step ${i}, seed ${seed}`).toEqual(kept);
      }
      trial.release();
    }
  });
});
