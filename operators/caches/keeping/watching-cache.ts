import type { CacheParts, Size, SizeInput } from '../../../src/core/cache.js';
import type { Rows } from '../../../src/core/memory.js';
import { attention, marginals } from '../../../src/core/plan.js';
import { massFlops } from './flops.js';
import type { KeptRows } from './kept-rows.js';
import { selectingCache, type SelectingCache, type SelectingSide } from './selecting-cache.js';
import { allowances, sizeWithin, type AtomCost, type SideBudgets } from './side-budgets.js';

/** One side of a cache whose choice depends on the attention that its tokens receive. */
export interface WatchingSide extends SelectingSide {
  /** Told of the marginal of every kept token, by slot, under the last query: Σ over the other side of p_ab. */
  watch(marginals: Float64Array): void;
}

/** Exact attention over what each side keeps, measuring at every query what each token's share of it was. */
export function watchingCache(
  parts: Pick<CacheParts, 'order' | 'rows'>,
  sides: readonly WatchingSide[],
): SelectingCache {
  const [mass1, mass2 = null] = sides.map(() => parts.rows(1, 'scratch'));
  return {
    ...selectingCache(parts, sides),
    plan() {
      const [one, two = null] = sides.map(({ kept }) => kept.atoms());
      return { jobs: [attention(one, two)], measure: marginals(one, two, mass1, mass2) };
    },
    observe({ lse }) {
      sides.forEach((side, i) => {
        const mass = i === 0 ? mass1 : mass2!;
        side.watch(marginalsOf(mass, lse));
      });
    },
  };
}

/** e^(mass − lse) of every atom. */
function marginalsOf(mass: Rows, lse: number): Float64Array {
  const marginals = new Float64Array(mass.count);
  let slot = 0;
  for (const block of mass.views()) for (const x of block) marginals[slot++] = Math.exp(x - lse);
  return marginals;
}

/** Cost of an atom that is watched: its mass is measured into scratch. */
export function watchedCost(metadata: number, least = 1): AtomCost {
  return { metadata, least, scratch: 1 };
}

/** What theory says of a watching cache that fills its budgets: attention, and the marginals of both sides. */
export function sizeWatched(input: SizeInput, budgets: SideBudgets, cost: AtomCost): Size {
  const { n, d } = input;
  const size = sizeWithin(input, budgets, cost);
  const [kept1, kept2 = null] = allowances(budgets, cost, input).map((allowed) => Math.min(n, allowed(n)));
  const measured = massFlops(kept1, kept2, d) + (kept2 === null ? 0 : massFlops(kept2, kept1, d));
  return { ...size, flops: size.flops + measured };
}

/** The slot with the least `value` among those `eligible`; of equals the older token. -1 if none is. */
export function leastSlot(
  kept: Pick<KeptRows, 'kept' | 'position'>,
  value: (slot: number) => number,
  eligible: (slot: number) => boolean = () => true,
): number {
  let [least, slotOfLeast] = [Infinity, -1];
  for (let slot = 0; slot < kept.kept(); slot++) {
    if (!eligible(slot)) continue;
    const x = value(slot);
    const first = slotOfLeast === -1 || x < least;
    if (!first && !(x === least && kept.position(slot) < kept.position(slotOfLeast))) continue;
    [least, slotOfLeast] = [x, slot];
  }
  return slotOfLeast;
}
