import type { ModelShape } from '../../src/core/shape.js';
import type { SequenceKernels } from '../../src/core/sequence.js';
import type { LayerAttention } from './forward.js';

/** Exact attention without a cache, a whole window at once: what answers through caches are compared with. */
export function exactAttention({ heads, d, scale }: ModelShape, kernels: SequenceKernels): LayerAttention {
  return ({ q, k1, k2, v1, v2 }, _, n) => {
    const out = new Float32Array(q.length);
    const width = heads * d;
    for (let from = 0; from < q.length; from += n * width) {
      const own = (rows: Float32Array) => rows.subarray(from, from + n * width);
      const rows = { q: own(q), k1: own(k1), k2: k2 && own(k2), v1: own(v1), v2: v2 && own(v2) };
      kernels.attend({ n, heads, d, scale }, rows, { out: own(out), logs: new Float32Array(n * heads) });
    }
    return Promise.resolve(out);
  };
}
