import { expect, it } from 'vitest';
import { keyDiff } from './key-diff.js';
import { startTrial } from './testing/harness.js';

type Vector = readonly [number, number];

/** Positions kept on side 1 after each token with these keys. */
function keptAfterEach(keys: readonly Vector[], options: Parameters<typeof keyDiff>[0]) {
  const trial = startTrial(keyDiff(options), { d: 2, order: 'matrix', scale: 1, dtype: 'f32' });
  const ones = Float64Array.of(1, 1);
  const after = keys.map((k) => {
    trial.append({ q: ones, k1: Float64Array.from(k), k2: null, v1: ones, v2: null });
    return [...trial.cache.positions!().side1].sort();
  });
  trial.release();
  return after;
}

it('the key most like the mean direction leaves; lengths do not count', () => {
  // directions →, ↑, → and ↗; their mean points between → and ↗, the older → of length 100 is as like it as the other
  const after = keptAfterEach([[100, 0], [0, 1], [2, 0], [1, 1]], { size: 3 }); // prettier-ignore
  expect(after.at(-1)).toEqual([1, 2, 3]);
});

it('directions are compared, not lengths: a long key neither draws the mean to it nor is nearer to it', () => {
  // ↗ of length 14, → of length 0.1 and the new ↘: the mean of the directions is →
  expect(keptAfterEach([[10, 10], [0.1, 0], [1, -1]], { size: 2 }).at(-1)).toEqual([0, 2]); // prettier-ignore
});

it('the new key counts for the mean, and does not leave at once', () => {
  // →, ↑ and the new ↑: the mean points up, so the ↑ that was there leaves, not the new one
  expect(keptAfterEach([[1, 0], [0, 1], [0, 3]], { size: 2 }).at(-1)).toEqual([0, 2]); // prettier-ignore
});

it('a key against the mean stays when the rest repeats', () => {
  const keys: Vector[] = [[-1, 0.1], ...Array.from({ length: 8 }, (): Vector => [1, 0])];
  expect(keptAfterEach(keys, { size: 3 }).at(-1)).toEqual([0, 7, 8]);
});

it('a key of 0 has no direction: cosine 0', () => {
  // mean of 0, →, → points right: → leaves; where all are 0 the oldest does
  expect(keptAfterEach([[0, 0], [1, 0], [1, 0]], { size: 2 }).at(-1)).toEqual([0, 2]); // prettier-ignore
  expect(keptAfterEach([[0, 0], [0, 0], [0, 0]], { size: 2 }).at(-1)).toEqual([1, 2]); // prettier-ignore
});

it('the last `recent` tokens never leave', () => {
  const keys: Vector[] = [[0, 1], [1, 0], [1, 0], [1, 0], [1, 0]]; // prettier-ignore
  expect(keptAfterEach(keys, { size: 3, recent: 1 }).at(-1)).toEqual([0, 3, 4]);
  expect(keptAfterEach(keys, { size: 3, recent: 3 }).at(-1)).toEqual([2, 3, 4]);
});
