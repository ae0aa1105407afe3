import { map, type OperatorFunction } from 'rxjs';
import type { HasErrors, HasQkv, HasSparsity, Sparsity, TokenEvent } from '../src/core/event.js';
import type { Arena, Floats } from '../src/core/memory.js';
import { hasAtoms, type Matrix } from '../src/core/plan.js';
import type { HeldCache, Run } from '../src/core/run.js';
import { scorePairs } from './caches/choosing/score-pairs.js';
import { headSlot } from './head-rows.js';

/** What `sparsity` looks at, and how often. */
export interface SparsityOptions {
  /** Look at every so many steps: all n² scores are computed and sorted on the main thread. */
  readonly every: number;
  /** Weights above it are counted: the ε of (ε, k)-sparsity. */
  readonly epsilon: number;
  /** How much of the softmax `pairsForMass` must hold. */
  readonly mass: number;
  /** Share of the pairs that `topMass` is taken over. */
  readonly share: number;
  /** The law to hold it against: mass of the top `share` of normal scores of deviation R (src/bounds, topKMass). */
  readonly topKMass: (share: number, R: number) => number;
}

/**
 * Add how sparse the true attention of every head is (math.md 7.1 to 7.3), from all scores, sorted. Reads the exact caches
 * of `compare`, so it comes after it; null for prefill tokens, without a reference, and for steps that are not looked at.
 */
export function sparsity<T extends TokenEvent & HasQkv & HasErrors>(
  run: Pick<Run, 'arena' | 'caches' | 'shape'>,
  options: SparsityOptions,
): OperatorFunction<T, T & HasSparsity> {
  return map((event) => {
    const asked = event.exact !== null && !event.prefill && event.step % options.every === 0;
    const heads = asked ? run.caches.reference(event.streamId, event.layer) : null;
    return {
      ...event,
      sparsity: heads?.map((held) => sparsityOf(scoresOf(run, event, held), options)) ?? null,
    };
  });
}

/** Scores of all pairs of a head's exact cache, float64. */
export function scoresOf(
  { arena, shape }: Pick<Run, 'arena' | 'shape'>,
  { qkv }: HasQkv,
  { cache, head }: HeldCache,
): Float64Array {
  const q = arena.view(headSlot(arena, qkv.q, head, shape.d));
  const [job] = cache.plan(q).jobs;
  if (!hasAtoms(job)) throw new RangeError('the reference answers from its entries');
  const [one, two] = job.kind === 'grid' ? [job.side1.keys, job.side2.keys] : [job.atoms.keys, null];
  const rows = (keys: Matrix) => ({ count: keys.count, read: reader(arena, keys) });
  return scorePairs(q, shape.scale, rows(one), two && rows(two));
}

/** Reads the rows of a matrix in shared memory, by index. */
function reader(
  arena: Pick<Arena, 'bytesPerNumber' | 'view'>,
  { width, spans }: Matrix,
): (index: number) => Floats {
  return (index) => {
    let row = index;
    for (const { offset, rows } of spans) {
      if (row < rows)
        return arena.view({ offset: offset + row * width * arena.bytesPerNumber, length: width });
      row -= rows;
    }
    throw new RangeError(`row ${index}`);
  };
}

/** How sparse the softmax of these scores is. Sorts a copy: exact, O(N·log N). */
export function sparsityOf(scores: Float64Array, options: Omit<SparsityOptions, 'every'>): Sparsity {
  const { epsilon, mass, share, topKMass } = options;
  const sorted = scores.slice().sort(); // ascending
  const pairs = sorted.length;
  const max = sorted[pairs - 1];
  let [z, mean, weighted] = [0, 0, 0];
  for (const score of sorted) {
    const weight = Math.exp(score - max);
    z += weight;
    mean += score / pairs;
    if (weight > 0) weighted += weight * (score - max);
  }
  const variance = sorted.reduce((sum, score) => sum + (score - mean) ** 2 / pairs, 0);
  const top = Math.max(1, Math.round(share * pairs));
  let [above, forMass, held, topMass] = [0, 0, 0, 0];
  for (let k = 1; k <= pairs; k++) {
    const p = Math.exp(sorted[pairs - k] - max) / z;
    if (p > epsilon) above++;
    if (held < mass) forMass = k;
    held += p;
    if (k === top) topMass = held;
    if (p <= epsilon && held >= mass && k >= top) break;
  }
  const R = Math.sqrt(variance);
  return {
    ...{ pairs, scoreStd: R, maxScore: max, above, pairsForMass: forMass, topMass },
    entropy: Math.log(z) - weighted / z,
    topMassLaw: topKMass(top / pairs, R),
  };
}
