/** What plain loops find. */
export interface NaiveAnswer {
  readonly output: Float64Array;
  readonly lse: number;
  readonly maxScore: number;
  readonly scoreStd: number;
  /** ‖p‖₂ of the softmax. */
  readonly weightNorm: number;
  /** ln Σ_b e^(s_ab) per atom of side 1, weights included. */
  readonly mass: readonly number[];
}

/** One side as plain arrays: keys and values (count × d), log weights (count). */
export interface NaiveSide {
  readonly keys: readonly ArrayLike<number>[];
  readonly values: readonly ArrayLike<number>[];
  readonly logWeights?: readonly number[];
}

/**
 * o = Σ_ab e^(s_ab) v1_a * v2_b / Σ_ab e^(s_ab) written straight from math.md 1.1: three nested loops, float64,
 * nothing shared with the kernels.
 */
export function naiveAttention(
  q: ArrayLike<number>,
  scale: number,
  one: NaiveSide,
  two: NaiveSide,
): NaiveAnswer {
  const d = q.length;
  const scores: number[] = [];
  const weighted: number[] = [];
  for (let a = 0; a < one.keys.length; a++) {
    for (let b = 0; b < two.keys.length; b++) {
      let s = 0;
      for (let t = 0; t < d; t++) s += q[t] * one.keys[a][t] * two.keys[b][t];
      scores.push(s * scale);
      weighted.push(s * scale + (one.logWeights?.[a] ?? 0) + (two.logWeights?.[b] ?? 0));
    }
  }
  const max = weighted.reduce((x, y) => Math.max(x, y), -Infinity);
  const output = new Float64Array(d);
  let l = 0;
  weighted.forEach((s, i) => {
    const [a, b] = [Math.floor(i / two.keys.length), i % two.keys.length];
    const e = Math.exp(s - max);
    l += e;
    for (let t = 0; t < d; t++) output[t] += e * one.values[a][t] * two.values[b][t];
  });
  const mean = scores.reduce((x, y) => x + y, 0) / scores.length;
  const variance = scores.reduce((x, y) => x + (y - mean) ** 2, 0) / scores.length;
  return {
    output: output.map((x) => x / l),
    lse: max + Math.log(l),
    maxScore: scores.reduce((x, y) => Math.max(x, y), -Infinity),
    scoreStd: Math.sqrt(variance),
    weightNorm: Math.sqrt(weighted.reduce((sum, s) => sum + Math.exp(s - max) ** 2, 0)) / l,
    mass: one.keys.map((_, a) => logSum(weighted.slice(a * two.keys.length, (a + 1) * two.keys.length))),
  };
}

function logSum(scores: readonly number[]): number {
  const max = scores.reduce((x, y) => Math.max(x, y), -Infinity);
  return max + Math.log(scores.reduce((sum, s) => sum + Math.exp(s - max), 0));
}
