import { matrixOf, type DenseMatrix } from '../matrix.js';
import { exactSweep } from '../training/exact-sweep.js';
import type { AttentionRows } from '../training/attention.js';
import type { SequenceKernels, SequenceRows, SequenceShape } from '../../core/sequence.js';

/** Plain loops in float64 between float32 arrays: what faster kernels are measured against. */
export const referenceKernels: SequenceKernels = {
  name: 'reference',
  addProduct(x, w, out, { rows, inner, columns }) {
    const [a, b] = [x, w].map((operand) => ('turned' in operand ? operand.turned : operand));
    const [atX, atW] = ['turned' in x ? [1, rows] : [inner, 1], 'turned' in w ? [1, inner] : [columns, 1]];
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) {
        let sum = out[r * columns + c];
        for (let k = 0; k < inner; k++) sum += a[r * atX[0] + k * atX[1]] * b[k * atW[0] + c * atW[1]];
        out[r * columns + c] = sum;
      }
    }
  },
  attend(shape, rows, { out, logs }) {
    for (let head = 0; head < shape.heads; head++) {
      const sweep = sweepOf(shape, rows, head);
      for (let i = 0; i < shape.n; i++) logs[i * shape.heads + head] = sweep.ask(i) / Math.LN2;
      putHead(sweep.outputs, shape, head, out);
    }
  },
  attendBack(shape, rows, _, byOut, gradients) {
    for (let head = 0; head < shape.heads; head++) {
      const sweep = sweepOf(shape, rows, head);
      const by = headOf(byOut, shape, head);
      for (let i = 0; i < shape.n; i++) {
        sweep.ask(i);
        sweep.give(i, by.data.subarray(i * shape.d, (i + 1) * shape.d));
      }
      for (const side of ['q', 'k1', 'k2', 'v1', 'v2'] as const) {
        const into = gradients[side];
        if (into !== null) putHead(sweep.gradients[side], shape, head, into);
      }
    }
  },
};

/** In matrix order side 2 is one row of ones, which every query sees. */
function sweepOf(shape: SequenceShape, { q, k1, k2, v1, v2 }: SequenceRows, head: number) {
  const of = (rows: Float32Array | null) =>
    rows === null ? matrixOf(1, shape.d, () => 1) : headOf(rows, shape, head);
  const all: AttentionRows = { q: of(q), k1: of(k1), k2: of(k2), v1: of(v1), v2: of(v2) };
  return exactSweep(all, { scale: shape.scale, causal: true });
}

function headOf(rows: Float32Array, { n, heads, d }: SequenceShape, head: number): DenseMatrix {
  return matrixOf(n, d, (i, t) => rows[(i * heads + head) * d + t]);
}

function putHead(
  { data }: DenseMatrix,
  { n, heads, d }: SequenceShape,
  head: number,
  into: Float32Array,
): void {
  for (let i = 0; i < n; i++) into.set(data.subarray(i * d, (i + 1) * d), (i * heads + head) * d);
}
