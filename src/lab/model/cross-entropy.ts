/** Targets that are not the next token alone. */
export interface SoftTargets {
  /** Share of every target that `fill` gives; the next token has the rest. */
  readonly share: number;
  /** Fill `into`, (vocabulary), with probabilities of the token after the one at `row`. */
  fill(row: number, into: Float64Array): void;
}

/**
 * Negative log likelihood of each next token, (n), in nats, from logits (n × vocabulary). Logits become the gradient of
 * `weight` times the sum of cross entropies with the targets: next tokens, or these mixed with `soft`. Targets below 0 are not
 * asked for.
 */
export function crossEntropy(
  logits: Float32Array,
  targets: ArrayLike<number>,
  weight: number,
  soft: SoftTargets | null = null,
): Float64Array {
  const losses = new Float64Array(targets.length);
  const width = logits.length / targets.length;
  const wanted = new Float64Array(width);
  for (let row = 0; row < targets.length; row++) {
    const of = logits.subarray(row * width, (row + 1) * width);
    if (targets[row] < 0) {
      of.fill(0);
      continue;
    }
    losses[row] = ofRow(of, targets[row], weight);
    if (soft === null) {
      of[targets[row]] -= weight;
      continue;
    }
    soft.fill(row, wanted);
    for (let t = 0; t < width; t++) of[t] -= weight * soft.share * wanted[t];
    of[targets[row]] -= weight * (1 - soft.share);
  }
  return losses;
}

/** Logits become probabilities times `weight`. */
function ofRow(logits: Float32Array, target: number, weight: number): number {
  let [most, sum] = [-Infinity, 0];
  for (let t = 0; t < logits.length; t++) most = Math.max(most, logits[t]);
  const wanted = logits[target] - most;
  for (let t = 0; t < logits.length; t++) sum += logits[t] = Math.exp(logits[t] - most);
  for (let t = 0; t < logits.length; t++) logits[t] *= weight / sum;
  return Math.log(sum) - wanted;
}
