import { Failure } from '../../core/failure.js';
import { combine, type DenseMatrix } from '../matrix.js';

/** A weight matrix after pruning. */
export interface Pruned {
  readonly weight: DenseMatrix;
  /** 1 where a weight was kept, 0 where it was pruned. */
  readonly mask: DenseMatrix;
}

/**
 * Zeros in `size` entries at ratio ρ: ρ·size, rounded.
 * @throws Failure `bad-option` unless the ratio is in [0, 1)
 */
export function prunedCount(size: number, ratio: number): number {
  checkRatio(ratio);
  return Math.round(ratio * size);
}

/**
 * The mask that prunes the `ratio` of entries with the smallest scores: exactly round(ratio·size) of them, of equal scores
 * the first.
 */
export function maskOfSmallest(scores: DenseMatrix, ratio: number): DenseMatrix {
  const order = smallestFirst(scores.data);
  const data = new Float64Array(scores.data.length).fill(1);
  for (const at of order.subarray(0, prunedCount(data.length, ratio))) data[at] = 0;
  return { ...scores, data };
}

/** Indices of `scores` from the smallest up; of equal ones the first comes first. */
export function smallestFirst(scores: Float64Array): Uint32Array {
  return Uint32Array.from(scores.keys()).sort((i, j) => scores[i] - scores[j] || i - j);
}

/** What a mask leaves of a weight matrix. */
export function applyMask(weight: DenseMatrix, mask: DenseMatrix): Pruned {
  return { weight: combine(weight, mask, (w, kept) => (kept === 0 ? 0 : w)), mask }; // 0 · w may be −0
}

/** @throws Failure `bad-option` unless `ratio` is in [0, 1) */
export function checkRatio(ratio: number, name = 'ratio'): void {
  if (ratio >= 0 && ratio < 1) return;
  throw new Failure(
    'bad-option',
    `${name} = ${ratio}: must be at least 0 and less than 1`,
    'it is the share of weights that become 0, e.g. 0.5',
  );
}
