import { dot, rowOf, zeros, type DenseMatrix } from '../matrix.js';
import { zeroRows, type AttentionOptions, type AttentionRows } from './attention.js';

/** One head on its way through its queries, by all pairs of rows: outputs and gradients so far. */
export interface ExactSweep {
  readonly outputs: DenseMatrix;
  readonly gradients: AttentionRows;
  /** Answer query `j`; returns ln of the sum of its weights e^score. */
  ask(j: number): number;
  /** Add what query `j`, just asked, brings to every gradient; from the gradient by its output, (d). */
  give(j: number, byOutput: Float64Array): void;
}

/**
 * Math.md 6.2 in three passes over the pairs (a, b) of a query; between them stand the (n1 × n2) weights and the (n1 × d) sums
 * over side 2, in buffers that all queries share. `ask` takes 4·d multiply-adds a pair, `give` 8·d.
 */
export function exactSweep(rows: AttentionRows, { scale, causal }: AttentionOptions): ExactSweep {
  const { q, k1, k2, v1, v2 } = rows;
  const d = q.columns;
  const [outputs, gradients] = [zeros(q.rows, d), zeroRows(rows)];
  const [weights, pooled] = [new Float64Array(k1.rows * k2.rows), new Float64Array(k1.rows * d)];
  const [y, g, through] = [new Float64Array(d), new Float64Array(d), new Float64Array(d)];
  const seen = (j: number) => (causal ? [j + 1, Math.min(j + 1, k2.rows)] : [k1.rows, k2.rows]);

  /** Scores of query `j`, (n1 × n2); returns the largest. */
  function score(j: number): number {
    const [n1, n2] = seen(j);
    let [largest, at] = [-Infinity, 0];
    for (let a = 0; a < n1; a++) {
      setProduct(y, scale, q, j, k1, a);
      for (let b = 0; b < n2; b++, at++) {
        let sum = 0;
        for (let t = 0; t < d; t++) sum += y[t] * k2.data[b * d + t];
        weights[at] = sum;
        largest = Math.max(largest, sum); // NaN, unlike with a comparison, stays
      }
    }
    return largest;
  }

  /** Turn scores into e^(score − largest), pool the values of side 2 with them, and return their sum. */
  function pool(j: number, largest: number): number {
    const [n1, n2] = seen(j);
    let [total, at] = [0, 0];
    for (let a = 0; a < n1; a++) {
      through.fill(0);
      for (let b = 0; b < n2; b++, at++) {
        const weight = Math.exp(weights[at] - largest);
        weights[at] = weight;
        total += weight;
        for (let t = 0; t < d; t++) through[t] += weight * v2.data[b * d + t];
      }
      pooled.set(through, a * d);
    }
    return total;
  }

  return {
    outputs,
    gradients,
    ask(j) {
      const [n1, n2] = seen(j);
      const largest = score(j);
      const total = pool(j, largest);
      const output = rowOf(outputs, j);
      for (let at = 0; at < n1 * n2; at++) weights[at] /= total;
      for (let at = 0; at < n1 * d; at++) {
        pooled[at] /= total;
        output[at % d] += v1.data[at] * pooled[at];
      }
      return largest + Math.log(total);
    },
    give(j, byOutput) {
      const [n1, n2] = seen(j);
      const mean = dot(rowOf(outputs, j), byOutput);
      const [byKey2, byValue2] = [gradients.k2.data, gradients.v2.data];
      for (let a = 0, at = 0; a < n1; a++) {
        setProduct(y, scale, q, j, k1, a);
        for (let t = 0; t < d; t++) g[t] = byOutput[t] * v1.data[a * d + t];
        through.fill(0);
        for (let b = 0, row = 0; b < n2; b++, row += d, at++) {
          const weight = weights[at];
          let slope = -mean;
          for (let t = 0; t < d; t++) slope += g[t] * v2.data[row + t];
          slope *= weight; // by the score of the pair
          for (let t = 0; t < d; t++) {
            through[t] += slope * k2.data[row + t];
            byKey2[row + t] += slope * y[t];
            byValue2[row + t] += weight * g[t];
          }
        }
        for (let t = 0; t < d; t++) {
          const x = scale * through[t];
          gradients.q.data[j * d + t] += x * k1.data[a * d + t];
          gradients.k1.data[a * d + t] += x * q.data[j * d + t];
          gradients.v1.data[a * d + t] += byOutput[t] * pooled[a * d + t];
        }
      }
    },
  };
}

/** out = scale · q_j * k_a */
function setProduct(
  out: Float64Array,
  scale: number,
  q: DenseMatrix,
  j: number,
  k: DenseMatrix,
  a: number,
): void {
  const d = out.length;
  for (let t = 0; t < d; t++) out[t] = scale * q.data[j * d + t] * k.data[a * d + t];
}
