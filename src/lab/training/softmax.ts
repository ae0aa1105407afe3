/** Replace scores by the softmax of `scale` times them; all of them together sum to 1. Does not overflow. */
export function softmax(scores: Float64Array, scale: number): void {
  let [largest, sum] = [-Infinity, 0];
  for (let i = 0; i < scores.length; i++) {
    scores[i] *= scale;
    largest = Math.max(largest, scores[i]);
  }
  for (let i = 0; i < scores.length; i++) sum += scores[i] = Math.exp(scores[i] - largest);
  for (let i = 0; i < scores.length; i++) scores[i] /= sum;
}
