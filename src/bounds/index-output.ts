/** The two hard instances: four caches with n keys (k2 = v2 = 1), or a stream of free triples. */
export type IndexStream = 'four' | 'two';

/** What exact attention answers to the receiver of the Index game, in weights. */
export interface IndexWeights {
  /** w_a of the value rows, (N). */
  readonly weights: Float64Array;
  /** w_0: weight of the pairs of score 0 that the query token brings, which the paper's proof drops. */
  readonly zero: number;
}

/** C = 2·ln N, the norm of the receiver's query: 2·ln n for four caches, 4·ln n for n² triples. */
export function queryNorm(keys: number): number {
  return 2 * Math.log(keys);
}

/**
 * The exact output of the game (math.md 3.2) as weights: o_j = Σ_a w_a·x_aj. `scores` are σ_a = C·<κ_i, κ_a>, (N).
 * With four caches every key stands in n pairs, and 2·n + 1 pairs have score 0; a stream of triples has one each.
 */
export function indexWeights(scores: ArrayLike<number>, stream: IndexStream): IndexWeights {
  const n = scores.length;
  const [copies, zeros] = stream === 'four' ? [n, 2 * n + 1] : [1, 1];
  let largest = 0;
  for (let a = 0; a < n; a++) largest = Math.max(largest, scores[a]);
  const weights = Float64Array.from(scores, (score) => copies * Math.exp(score - largest));
  const zero = zeros * Math.exp(-largest);
  const total = weights.reduce((sum, w) => sum + w, zero);
  return { weights: weights.map((w) => w / total), zero: zero / total };
}

/**
 * θ = (1 − w_0)/2: halfway between the worst cases of a 0 and a 1, and the Bayes threshold for fair bits. Every x can
 * be decoded with it exactly if w_i is more than all other weights together; 1/2 fails where w_0 is large.
 */
export function decodingThreshold(zero: number): number {
  return (1 - zero) / 2;
}
