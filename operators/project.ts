import { map, type OperatorFunction } from 'rxjs';
import type { HasNormed, HasQkv, TokenEvent } from '../src/core/event.js';
import type { Floats } from '../src/core/memory.js';
import type { Run } from '../src/core/run.js';
import type { ProjectionWeights } from './projection-weights.js';

/** Which layer, and its weights. */
export interface ProjectOptions {
  readonly layer: number;
  readonly weights: ProjectionWeights;
}

/**
 * Add `qkv`: the rows of all heads, (heads × d) each, in shared memory, from `normed`, (heads·d).
 * `record`, the last to read them, frees them.
 */
export function project<T extends TokenEvent & HasNormed>(
  { arena, shape }: Pick<Run, 'arena' | 'shape'>,
  { layer, weights }: ProjectOptions,
): OperatorFunction<T, T & HasQkv> {
  const width = shape.heads * shape.d;
  const sums = new Float64Array(width);
  return map((event) => {
    const rows = (w: Float32Array) => {
      const slot = arena.alloc(width);
      multiply(event.normed, w, sums, arena.view(slot));
      return slot;
    };
    const { q, k1, k2, v1, v2 } = weights;
    const qkv = { q: rows(q), k1: rows(k1), k2: k2 && rows(k2), v1: rows(v1), v2: v2 && rows(v2) };
    return { ...event, layer, qkv };
  });
}

/** out = x · w for x (m) and w (m × n), row-major, float64 sums; goes through w once, in order. */
function multiply(x: Float32Array, w: Float32Array, sums: Float64Array, out: Floats): void {
  const n = sums.length;
  sums.fill(0);
  for (let row = 0; row < x.length; row++) {
    const [factor, at] = [x[row], row * n];
    for (let column = 0; column < n; column++) sums[column] += factor * w[at + column];
  }
  out.set(sums);
}
