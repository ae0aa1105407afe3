import { expect, it } from 'vitest';
import { compressRows } from '../src/core/sparse-matrix.js';
import type { ProjectionWeights } from '../src/core/weights.js';
import { projectionCost, storeWeights } from './store-weights.js';

const SHAPE = { heads: 2, d: 3 };

/** (4 × 6) matrices whose first `zeros` numbers are 0. */
const matrix = (zeros: number) => Float32Array.from({ length: 24 }, (_, i) => (i < zeros ? 0 : i));
const layer: ProjectionWeights = { q: matrix(12), k1: matrix(11), k2: matrix(20), v1: matrix(0), v2: null };

it('keeps matrices of which half or more is 0 without their zeros, and the others as they are', () => {
  const [stored] = storeWeights([layer], SHAPE);
  expect(stored).toEqual({
    ...{ q: compressRows(layer.q, 4), k1: layer.k1, k2: compressRows(layer.k2!, 4) },
    ...{ v1: layer.v1, v2: null },
  });
});

it('says what the projections take, and what they would take with their zeros', () => {
  expect(projectionCost(storeWeights([layer, layer], SHAPE))).toEqual({
    ...{ matrices: 8, sparse_matrices: 4 },
    bytes: 2 * (2 * 24 * 4 + 2 * 4 * 5 + (12 + 4) * 6),
    dense_bytes: 2 * 4 * 24 * 4,
    flops_per_token: 2 * 2 * (24 + 24 + 12 + 4),
    dense_flops_per_token: 2 * 2 * 4 * 24,
  });
  expect(projectionCost([])).toBeNull();
});
