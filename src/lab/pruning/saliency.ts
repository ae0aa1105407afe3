import { dot, rowOf, transposeMultiply, zeros, type DenseMatrix } from '../matrix.js';
import { attentionMatrix, queriesAndKeys, type AttentionProblem } from './attention.js';
import { applyMask, maskOfSmallest, type Pruned } from './masks.js';

/** Prune the weights whose loss moves the attention matrix least, to first order: exactly round(ratio·size) of each matrix. */
export function saliency(problem: AttentionProblem, ratio: number): readonly Pruned[] {
  const scores = saliencies(problem);
  return problem.weights.map((w, i) => applyMask(w, maskOfSmallest(scores[i], ratio)));
}

/**
 * w²·|∂A/∂w|² of every weight (math.md 8.5). A weight that enters the score of rows s and l as u_s·y_l moves
 * A_sl by f_sl·u_s·(y_l − Σ_m f_sm·y_m), so the sum over s and l of squares is Σ_s u_s²·v_s with one spread v_s per row.
 * For W_Q u is x and y the keys; for W_K u is the query and y is x; for a fused W both are x.
 */
export function saliencies(problem: AttentionProblem): readonly DenseMatrix[] {
  const { x, weights, scale } = problem;
  const attention = attentionMatrix(problem);
  const [queries, keys] = queriesAndKeys(x, weights);
  const moved = [transposeMultiply(squared(x), spreads(attention, keys))];
  // W_K: entry (j, a) has u_s = q_s[a] and y_l = x_l[j]
  if (weights.length === 2) moved.push(transposeMultiply(spreads(attention, x), squared(queries)));
  return weights.map((w, i) => ({
    ...w,
    data: w.data.map((value, at) => (scale * value) ** 2 * moved[i].data[at]),
  }));
}

/** Σ_l f_sl²·(y_l − Σ_m f_sm·y_m)² of every row s and column of y, (n × d). */
function spreads(attention: DenseMatrix, y: DenseMatrix): DenseMatrix {
  const [n, d] = [y.rows, y.columns];
  const out = zeros(n, d);
  const column = new Float64Array(n);
  for (let t = 0; t < d; t++) {
    for (let l = 0; l < n; l++) column[l] = y.data[l * d + t];
    for (let s = 0; s < n; s++) {
      const f = rowOf(attention, s);
      const mean = dot(f, column);
      let sum = 0;
      for (let l = 0; l <= s; l++) sum += (f[l] * (column[l] - mean)) ** 2;
      out.data[s * d + t] = sum;
    }
  }
  return out;
}

function squared(a: DenseMatrix): DenseMatrix {
  return { ...a, data: a.data.map((x) => x * x) };
}
