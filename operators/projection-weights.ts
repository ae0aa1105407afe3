import type { Random } from '../src/core/random.js';
import { Failure } from '../src/core/failure.js';
import type { ModelShape } from '../src/core/shape.js';
import type { ProjectionWeights } from '../src/core/weights.js';

/** How far float32 may leave the deviation from what was asked for; more means that weights over- or underflowed. */
const TOLERANCE = 1e-3;

/** Standard normal weights over √(heads·d): inputs with variance 1 give rows with variance 1. */
export function gaussianWeights(
  { heads, d, order }: Pick<ModelShape, 'heads' | 'd' | 'order'>,
  random: (name: string) => Random,
): ProjectionWeights {
  const width = heads * d;
  const draw = (name: string) => {
    const normal = random(name);
    return Float32Array.from({ length: width * width }, () => normal.gaussian() / Math.sqrt(width));
  };
  const tensor = order === 'tensor';
  return {
    q: draw('q'),
    k1: draw('k1'),
    v1: draw('v1'),
    k2: tensor ? draw('k2') : null,
    v2: tensor ? draw('v2') : null,
  };
}

/**
 * Scale the weights of q, k1 (and k2) of every head by one factor so that its scores have standard deviation
 * `scoreStd` (R) for independent inputs with covariance 1. Exact, from the Gram matrices:
 * Var s = scale² Σ_tu (WqᵀWq)_tu (W1ᵀW1)_tu (W2ᵀW2)_tu, because s is linear in each of its three inputs.
 * Real text repeats tokens, so what a run measures differs a little; the trace holds what was measured.
 *
 * @throws Failure `bad-weights` naming the head: its scores are all 0, or the scaled weights are no float32 numbers
 */
export function scaleToScoreStd(
  weights: ProjectionWeights,
  { heads, d, scale }: Pick<ModelShape, 'heads' | 'd' | 'scale'>,
  scoreStd: number,
): ProjectionWeights {
  const scaled = {
    ...weights,
    q: weights.q.slice(),
    k1: weights.k1.slice(),
    k2: weights.k2?.slice() ?? null,
  };
  const parts = [scaled.q, scaled.k1, scaled.k2].filter((part) => part !== null);
  for (let head = 0; head < heads; head++) {
    const std = headScoreStd(weights, heads, d, scale, head);
    const factor = (scoreStd / std) ** (1 / parts.length);
    for (const part of parts) scaleHead(part, heads * d, d, head, factor);
    const scaledStd = headScoreStd(scaled, heads, d, scale, head);
    if (Math.abs(scaledStd / scoreStd - 1) < TOLERANCE) continue;
    throw new Failure(
      'bad-weights',
      `head ${head}: its scores have standard deviation ${std}, which cannot be scaled to ${scoreStd} in float32`,
      std === 0 ? 'its q or keys are zero: leave out --score-std' : 'choose another --score-std or --scale',
    );
  }
  return scaled;
}

/** Standard deviation of the scores of one head for independent inputs with covariance 1. */
export function headScoreStd(
  { q, k1, k2 }: ProjectionWeights,
  heads: number,
  d: number,
  scale: number,
  head: number,
): number {
  const grams = [q, k1, k2].filter((part) => part !== null).map((part) => gram(part, heads * d, d, head));
  let variance = 0;
  for (let i = 0; i < d * d; i++) variance += grams.reduce((product, g) => product * g[i], 1);
  return Math.abs(scale) * Math.sqrt(variance);
}

/** WᵀW of the columns of one head, (d × d). */
function gram(w: Float32Array, width: number, d: number, head: number): Float64Array {
  const g = new Float64Array(d * d);
  for (let row = 0; row < width; row++) {
    const at = row * width + head * d;
    for (let t = 0; t < d; t++) for (let u = 0; u < d; u++) g[t * d + u] += w[at + t] * w[at + u];
  }
  return g;
}

function scaleHead(w: Float32Array, width: number, d: number, head: number, factor: number): void {
  for (let row = 0; row < width; row++) {
    const at = row * width + head * d;
    for (let t = 0; t < d; t++) w[at + t] *= factor;
  }
}
