import { normalQuantile } from './normal.js';

const HALVINGS = 200;

/** How many scores, which of them, and how sure. */
export interface SparsityInput {
  readonly n: number;
  readonly k: number;
  /** Standard deviation of the scores. */
  readonly R: number;
  /** Probability that the bound may fail, δ. */
  readonly failure: number;
}

/**
 * The ε with which a softmax row over n independent N(0, R²) scores is (ε, k)-sparse (at most k entries above ε),
 * except with probability `failure` (math.md 7.2):
 *   ε = exp(−R·(Φ⁻¹(1 − a) − Φ⁻¹(1 − b))),  a = ln(2/δ)/n,  b in (0, k/n) with n·KL(k/n ‖ b) = ln(2/δ).
 * Loose, because it looks at the largest score only: the true entry is smaller by 30 to 150 at n = 1024. Its own
 * constants in the paper (arXiv 2404.02690 v1) are not known to us.
 */
export function sparsityBound({ n, k, R, failure }: SparsityInput): number {
  const nats = Math.log(2 / failure) / n;
  const [a, b] = [nats, below(k / n, nats)];
  return Math.exp(R * (normalQuantile(a) - normalQuantile(b)));
}

/** The b < `share` that lies `nats` of KL divergence away from it; 0 if even b = 0 is not far enough. */
function below(share: number, nats: number): number {
  let [low, high] = [0, share];
  for (let i = 0; i < HALVINGS; i++) {
    const b = (low + high) / 2;
    if (divergence(share, b) > nats) low = b;
    else high = b;
  }
  return high;
}

/** KL divergence of coins with probabilities `x` and `y`, in nats. */
function divergence(x: number, y: number): number {
  const part = (u: number, v: number) => (u === 0 ? 0 : u * Math.log(u / v));
  return part(x, y) + part(1 - x, 1 - y);
}
