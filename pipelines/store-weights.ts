import type { ModelShape } from '../src/core/shape.js';
import { compressRows, countZeros, sparseBytes } from '../src/core/sparse-matrix.js';
import type { ProjectionWeights, StoredMatrix, StoredProjection } from '../src/core/weights.js';

/**
 * From this share of zeros on a matrix is kept without them. Measured (`npm run bench -- sparse-project`): at one half a token is
 * projected about as fast as by the native product of the whole matrix, with three quarters of its bytes; beyond it faster. The
 * tokens of a prompt, projected together, are slower up to shares of about 0.9 where the native product would do them.
 */
const SPARSE_FROM = 0.5;

/** What the projections of all layers take, and what they would take with their zeros. */
export interface ProjectionCost {
  readonly matrices: number;
  /** Of those, kept without their zeros. */
  readonly sparse_matrices: number;
  readonly bytes: number;
  readonly dense_bytes: number;
  /** Of one token through all layers; a fused multiply-add counts 2. */
  readonly flops_per_token: number;
  readonly dense_flops_per_token: number;
}

/** Keep matrices that are mostly zeros, as `kronflow prune` makes them, without their zeros: they project the same bits. */
export function storeWeights(
  layers: readonly ProjectionWeights[],
  { heads, d }: Pick<ModelShape, 'heads' | 'd'>,
): readonly StoredProjection[] {
  const store = (w: Float32Array): StoredMatrix =>
    countZeros(w) >= SPARSE_FROM * w.length ? compressRows(w, w.length / (heads * d)) : w;
  return layers.map(({ q, k1, k2, v1, v2 }) => ({
    ...{ q: store(q), k1: store(k1), k2: k2 && store(k2) },
    ...{ v1: store(v1), v2: v2 && store(v2) },
  }));
}

/** What stored projections take; null where there are none. */
export function projectionCost(layers: readonly StoredProjection[]): ProjectionCost | null {
  const all = layers.flatMap((parts) => Object.values(parts).filter((part) => part !== null));
  if (all.length === 0) return null;
  const total = (of: (matrix: StoredMatrix) => number) => all.reduce((sum, matrix) => sum + of(matrix), 0);
  const size = (matrix: StoredMatrix) =>
    matrix instanceof Float32Array ? matrix.length : matrix.rows * matrix.columns;
  const kept = (matrix: StoredMatrix) =>
    matrix instanceof Float32Array ? matrix.length : matrix.values.length;
  return {
    matrices: all.length,
    sparse_matrices: all.filter((matrix) => !(matrix instanceof Float32Array)).length,
    bytes: total((matrix) => (matrix instanceof Float32Array ? matrix.byteLength : sparseBytes(matrix))),
    dense_bytes: total((matrix) => 4 * size(matrix)),
    flops_per_token: total((matrix) => 2 * kept(matrix)),
    dense_flops_per_token: total((matrix) => 2 * size(matrix)),
  };
}
