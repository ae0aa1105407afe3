import type { Cache, CacheParts } from '../../../src/core/cache.js';
import { attention } from '../../../src/core/plan.js';
import type { KeptRows } from './kept-rows.js';
import { savedTogether, type Saved } from './saved-state.js';
import { sidesOf, type SideEntry } from './sides.js';

/** One side of a cache that selects: what it keeps, and how it takes a token. */
export interface SelectingSide {
  readonly kept: KeptRows;
  /** Everything that is saved: `kept`, and what the side notes beside it. */
  readonly saved: Saved;
  take(entry: SideEntry): void;
}

/** A cache that selects tokens per side, open to wrappers. */
export interface SelectingCache extends Cache {
  readonly sides: readonly SelectingSide[];
}

/** Exact attention over the tokens that each side keeps. A policy is what `take` of its sides does; `shared` is saved too. */
export function selectingCache(
  { order }: Pick<CacheParts, 'order'>,
  sides: readonly SelectingSide[],
  shared: Readonly<Record<string, Saved>> = {},
): SelectingCache {
  const [one, two = null] = sides.map(({ kept }) => kept);
  const saved = savedTogether({
    ...shared,
    ...Object.fromEntries(sides.map((side, i) => [`side${i + 1}`, side.saved] as const)),
  });
  return {
    sides,
    append: (entry) => sidesOf(entry, order).forEach((rows, i) => sides[i].take(rows)),
    plan: () => ({ jobs: [attention(one.atoms(), two?.atoms() ?? null)] }),
    positions: () => ({ side1: one.positions(), side2: two?.positions() ?? [] }),
    census: () => ({
      ...{ kept1: one.kept(), evicted1: one.evicted() },
      ...{ kept2: two?.kept() ?? 0, evicted2: two?.evicted() ?? 0 },
      ...{ clusters1: null, clusters2: null, samples: null },
    }),
    snapshot: saved.snapshot,
    restore: saved.restore,
  };
}
