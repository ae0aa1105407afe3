import { map, type OperatorFunction } from 'rxjs';
import type { HasNormed, HasQkv, TokenEvent } from '../src/core/event.js';
import { Failure } from '../src/core/failure.js';
import type { Floats } from '../src/core/memory.js';
import type { Run } from '../src/core/run.js';
import type { ProjectionWeights } from '../src/core/weights.js';

/** Which layer, and its weights. */
export interface ProjectOptions {
  readonly layer: number;
  readonly weights: ProjectionWeights;
}

/**
 * Add `qkv`: the rows of all heads, (heads × d) each, in shared memory, from `normed`, (heads·d).
 * `record`, the last to read them, frees them.
 *
 * @throws Failure `bad-input` naming the step, layer, head and row that holds a number float32 cannot
 */
export function project<T extends TokenEvent & HasNormed>(
  { arena, shape }: Pick<Run, 'arena' | 'shape'>,
  { layer, weights }: ProjectOptions,
): OperatorFunction<T, T & HasQkv> {
  const width = shape.heads * shape.d;
  return map((event) => {
    const rows = (name: keyof ProjectionWeights, w: Float32Array) => {
      const slot = arena.alloc(width);
      const out = arena.view(slot);
      multiply(event.normed, w, out);
      const bad = out.findIndex((x) => !Number.isFinite(x));
      if (bad >= 0)
        throw overflow(event, `layer ${layer}, head ${Math.floor(bad / shape.d)}`, name, out[bad]);
      return slot;
    };
    const { q, k1, k2, v1, v2 } = weights;
    const qkv = {
      q: rows('q', q),
      k1: rows('k1', k1),
      k2: k2 && rows('k2', k2),
      v1: rows('v1', v1),
      v2: v2 && rows('v2', v2),
    };
    return { ...event, layer, qkv };
  });
}

function overflow({ streamId, step }: TokenEvent, where: string, name: string, value: number): Failure {
  return new Failure(
    'bad-input',
    `stream ${streamId}, step ${step}, ${where}: ${name} holds ${value}`,
    'the projection weights are too large for float32: scale them down',
  );
}

/** out = x · w for x (m) and w (m × n), row-major, float64 sums; goes through w once, in order. */
function multiply(x: Float32Array, w: Float32Array, out: Floats): void {
  const n = out.length;
  const sums = new Float64Array(n);
  for (let row = 0; row < x.length; row++) {
    const [factor, at] = [x[row], row * n];
    for (let column = 0; column < n; column++) sums[column] += factor * w[at + column];
  }
  out.set(sums);
}
