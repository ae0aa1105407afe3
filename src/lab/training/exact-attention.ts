import {
  addTo,
  combine,
  dot,
  firstRows,
  hadamard,
  multiply,
  multiplyTranspose,
  rowOf,
  transposeMultiply,
  zeros,
  type DenseMatrix,
} from '../matrix.js';
import { zeroRows, type Attention, type AttentionOptions, type AttentionRows } from './attention.js';
import { softmax } from './softmax.js';

/**
 * Exact tensor attention and its gradient, one query after the other (math.md 6.2): no matrix has n1·n2 columns. Time
 * O(n·n1·n2·d), memory O(n1·n2 + n·d) whatever the number of queries.
 */
export function exactAttention(options: AttentionOptions): Attention {
  return {
    forward(rows) {
      const outputs = zeros(rows.q.rows, rows.v1.columns);
      for (let j = 0; j < rows.q.rows; j++) {
        rowOf(outputs, j).set(outputOf(attend(seenBy(j, rows, options), rowOf(rows.q, j), options.scale)));
      }
      return outputs;
    },
    backward(rows, byOutput) {
      const gradients = zeroRows(rows);
      for (let j = 0; j < rows.q.rows; j++) {
        const [seen, into] = [seenBy(j, rows, options), seenBy(j, gradients, options)];
        addGradients(
          into,
          seen,
          [rowOf(rows.q, j), rowOf(byOutput, j)],
          options.scale,
          rowOf(gradients.q, j),
        );
      }
      return gradients;
    },
  };
}

type Sides = Omit<AttentionRows, 'q'>;

/** What query `j` may see: all rows, or those up to its own. Views. */
function seenBy(j: number, { k1, k2, v1, v2 }: Sides, { causal }: AttentionOptions): Sides {
  if (!causal) return { k1, k2, v1, v2 };
  const upTo = (matrix: DenseMatrix) => firstRows(matrix, j + 1);
  return { k1: upTo(k1), k2: upTo(k2), v1: upTo(v1), v2: upTo(v2) };
}

/** Every row times `x` entry by entry, (rows × d). */
function timesRow(matrix: DenseMatrix, x: Float64Array): DenseMatrix {
  const { columns } = matrix;
  return { ...matrix, data: matrix.data.map((value, at) => value * x[at % columns]) };
}

/** Softmax of one query over all pairs, (n1 × n2), and its product with the values of side 2, (n1 × d). */
function attend({ k1, k2, v1, v2 }: Sides, q: Float64Array, scale: number) {
  const weights = multiplyTranspose(timesRow(k1, q), k2);
  softmax(weights.data, scale);
  return { weights, values: multiply(weights, v2), v1 };
}

/** Σ_a v1_a * values_a, (d). */
function outputOf({ values, v1 }: { readonly values: DenseMatrix; readonly v1: DenseMatrix }): Float64Array {
  return sumOfRows(hadamard(v1, values));
}

function sumOfRows(matrix: DenseMatrix): Float64Array {
  const sum = new Float64Array(matrix.columns);
  for (let i = 0; i < matrix.rows; i++) rowOf(matrix, i).forEach((x, t) => (sum[t] += x));
  return sum;
}

/** Add what one query brings: to the rows it saw, and to `byQuery`, (d). */
function addGradients(
  into: Sides,
  seen: Sides,
  [q, byOutput]: readonly [Float64Array, Float64Array],
  scale: number,
  byQuery: Float64Array,
): void {
  const { k1, k2, v1, v2 } = seen;
  const attended = attend(seen, q, scale);
  const byWeights = multiplyTranspose(timesRow(v1, byOutput), v2); // (n1 × n2)
  const mean = dot(outputOf(attended), byOutput);
  const byScores = combine(attended.weights, byWeights, (weight, x) => scale * weight * (x - mean));
  const throughKeys = multiply(byScores, k2); // (n1 × d)
  byQuery.set(sumOfRows(hadamard(k1, throughKeys)));
  addTo(into.k1, timesRow(throughKeys, q));
  addTo(into.k2, timesRow(transposeMultiply(byScores, k1), q));
  addTo(into.v1, timesRow(attended.values, byOutput));
  addTo(into.v2, timesRow(transposeMultiply(attended.weights, v1), byOutput));
}
