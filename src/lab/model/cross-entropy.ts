/**
 * Negative log likelihood of each next token, (n), in nats, from logits (n × vocabulary). Logits become the gradient of
 * `weight` times their sum. Targets below 0 are not asked for.
 */
export function crossEntropy(logits: Float32Array, targets: ArrayLike<number>, weight: number): Float64Array {
  const losses = new Float64Array(targets.length);
  const width = logits.length / targets.length;
  for (let row = 0; row < targets.length; row++) {
    const of = logits.subarray(row * width, (row + 1) * width);
    if (targets[row] < 0) of.fill(0);
    else losses[row] = ofRow(of, targets[row], weight);
  }
  return losses;
}

function ofRow(logits: Float32Array, target: number, weight: number): number {
  let [most, sum] = [-Infinity, 0];
  for (let t = 0; t < logits.length; t++) most = Math.max(most, logits[t]);
  const wanted = logits[target] - most;
  for (let t = 0; t < logits.length; t++) sum += logits[t] = Math.exp(logits[t] - most);
  for (let t = 0; t < logits.length; t++) logits[t] *= weight / sum;
  logits[target] -= weight;
  return Math.log(sum) - wanted;
}
