import { expect, it } from 'vitest';
import { startTrial } from './testing/harness.js';
import { keptAfterEach } from './testing/scalar-stream.js';
import { tova } from './tova.js';

it('drops what the last query attended to least, whatever came before', async () => {
  const kept = await keptAfterEach(tova({ size: 3 }), [
    [5, 1],
    [1, 1],
    [3, 1], // scores 5, 1, 3: token 1 is least
    [2, -1], // scores −5, −3, −2: token 0, the favourite of all queries before, is least
    [9, 1], // scores 3, 2, 9: token 3
    [0, 1], // scores 3, 9, 0: the newest itself
    [4, 1],
  ]);
  expect(kept).toEqual([[0], [0, 1], [0, 1, 2], [0, 2, 3], [2, 3, 4], [2, 4, 5], [2, 4, 6]]);
});

it('lets the older of equal tokens go, so it is a window where a query cannot choose', async () => {
  const kept = await keptAfterEach(
    tova({ size: 2 }),
    Array.from({ length: 5 }, () => [7, 0]),
  );
  expect(kept.at(-1)).toEqual([3, 4]);
});

it('lets the oldest go when no query was shown since the last eviction', async () => {
  const trial = startTrial(tova({ size: 2 }), { d: 1, order: 'matrix', scale: 1, dtype: 'f64' });
  const token = (k: number) => {
    const row = Float64Array.of(k);
    return { q: Float64Array.of(1), k1: row, k2: null, v1: row, v2: null };
  };
  for (const k of [1, 5]) await trial.take(token(k));
  for (const k of [2, 3]) trial.append(token(k)); // the first takes the place of token 0, which was ignored
  expect([...trial.cache.positions!().side1].sort()).toEqual([2, 3]);
  trial.release();
});
