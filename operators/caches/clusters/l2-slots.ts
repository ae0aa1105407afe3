import type { CacheParts } from '../../../src/core/cache.js';
import type { Floats } from '../../../src/core/memory.js';
import { atoms, type Atoms } from '../../../src/core/plan.js';
import { savedNumbers, savedRows, savedTogether, type Saved } from '../keeping/saved-state.js';
import type { SideEntry } from '../keeping/sides.js';
import { squaredNorm } from '../keeping/squared-norm.js';

/** Entries of one side, sampled by the size of their values. */
export interface L2Slots extends Saved {
  offer(entry: SideEntry): void;
  /** The sampled entries, weight 1/|v|² each, or 1 while all entries are held. */
  atoms(): Atoms;
  /** ln of the weight that all slots share: ln(μ/s), or 0 while all entries are held. */
  logScale(): number;
  slots(): number;
  /** Slots that were overwritten since the start. */
  replaced(): number;
}

/**
 * Keep s independent samples of the entries with P(j) = |v_j|²/μ, μ = Σ|v|²: a new entry takes each slot with
 * probability |v|²/μ (SubGen, Algorithm 1, UpdateMatrixProduct). Their sum with weights μ/(s·|v|²) is unbiased.
 *
 * Deviation: while n ≤ s every entry is held with weight 1, which is exact. Entry s+1 turns that into s draws
 * from the s+1 entries, after which the slots are distributed as SubGen's are. An entry with v = 0 is held until
 * then, so that the number of slots is min(n, s), and never drawn.
 */
export function l2Slots(s: number, { d, rows, random }: CacheParts): L2Slots {
  const [keys, values, logWeights] = [rows(d), rows(d), rows(1, 'metadata')];
  let [seen, mu, replaced] = [0, 0, 0];

  function offer({ k, v }: SideEntry): void {
    const p = squaredNorm(v);
    seen++;
    mu += p;
    if (seen <= s) return hold(k, v);
    if (mu === 0) return; // every value so far is 0, and so is whatever the slots hold
    if (seen === s + 1) return drawAll({ k, v });
    for (let slot = 0; slot < s; slot++) if (random.uniform() * mu < p) put(slot, k, v);
  }

  function hold(k: Floats, v: Floats): void {
    keys.append(k);
    values.append(v);
    logWeights.append([0]);
  }

  function put(slot: number, k: Floats, v: Floats): void {
    keys.write(slot, k);
    values.write(slot, v);
    logWeights.write(slot, [-Math.log(squaredNorm(v))]);
    replaced++;
  }

  /** s draws from the s held entries and a new one. Slots are alike, so an entry that is drawn stays where it is. */
  function drawAll(entry: SideEntry): void {
    const norms = Array.from({ length: s }, (_, slot) => squaredNorm(values.read(slot)));
    const drawn = multinomial(s, [...norms, squaredNorm(entry.v)], random.uniform);
    norms.forEach((p, slot) => logWeights.write(slot, [p === 0 ? 0 : -Math.log(p)]));
    let free = 0;
    for (let j = 0; j <= s; j++) {
      const { k, v } = j < s ? { k: keys.read(j), v: values.read(j) } : entry;
      for (let copies = drawn[j] - (j < s ? 1 : 0); copies > 0; copies--) {
        while (drawn[free] > 0) free++;
        put(free++, k, v);
      }
    }
  }

  return {
    offer,
    atoms: () => atoms(keys, values, logWeights),
    logScale: () => (seen > s && mu > 0 ? Math.log(mu / s) : 0),
    slots: () => keys.count,
    replaced: () => replaced,
    ...savedTogether({
      rows: savedRows({ keys, values, logWeights }),
      stream: savedNumbers(
        'numbers',
        () => [seen, mu, replaced],
        (stored) => ([seen, mu, replaced] = stored),
      ),
    }),
  };
}

/** How often each item is drawn in `draws` independent draws with P ∝ weight. */
function multinomial(draws: number, weights: readonly number[], uniform: () => number): Int32Array {
  let total = 0;
  const sums = weights.map((weight) => (total += weight));
  const drawn = new Int32Array(weights.length);
  for (let i = 0; i < draws; i++) {
    const u = uniform() * total;
    // The product may round up to the total: then it is the last item that weighs something.
    drawn[sums.findIndex((sum) => sum > u || sum === total)]++;
  }
  return drawn;
}
