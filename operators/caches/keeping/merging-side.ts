import type { CacheParts } from '../../../src/core/cache.js';
import type { Floats } from '../../../src/core/memory.js';
import { column } from './column.js';
import type { KeptRows } from './kept-rows.js';
import type { Saved } from './saved-state.js';

/** What merging adds to one side: the weights of its atoms. */
export interface MergingSide extends Saved {
  /** Give weight 1 to tokens that came into new slots. */
  grow(): void;
}

/**
 * From now on a token that leaves `kept` is merged into the one with the nearest key: values (and keys, if `keys`)
 * become means, weighted by the tokens in them. ln of those weights is metadata; in float32 a weight is right to 1e-6.
 * O(kept·d) per token that leaves.
 */
export function mergingSide(kept: KeptRows, parts: Pick<CacheParts, 'rows'>, keys: boolean): MergingSide {
  const weights = column(parts);
  kept.weighWith(weights.rows);
  kept.onEvict((slot) => {
    const into = nearestOther(kept, slot);
    if (into !== -1) {
      const [own, other] = [weights.get(slot), weights.get(into)];
      const share = 1 / (1 + Math.exp(other - own));
      blend(kept.values.read(into), kept.values.read(slot), share);
      if (keys) blend(kept.keys.read(into), kept.keys.read(slot), share);
      weights.set(into, other + Math.log1p(Math.exp(own - other)));
    }
    weights.set(slot, 0); // of the token that takes its place
  });
  return {
    grow() {
      while (weights.rows.count < kept.kept()) weights.set(weights.rows.count, 0);
    },
    snapshot: weights.snapshot,
    restore: weights.restore,
  };
}

/** The slot of the key nearest to that of `slot`, of equals the older token; -1 if it is alone. */
function nearestOther(kept: KeptRows, slot: number): number {
  const k = kept.keys.read(slot);
  const d = k.length;
  let [nearest, least, other] = [-1, Infinity, 0];
  for (const block of kept.keys.views()) {
    for (let at = 0; at < block.length; at += d, other++) {
      if (other === slot) continue;
      let distance = 0;
      for (let t = 0; t < d; t++) distance += (block[at + t] - k[t]) ** 2;
      const older = distance === least && kept.position(other) < kept.position(nearest);
      if (nearest === -1 || distance < least || older) [nearest, least] = [other, distance];
    }
  }
  return nearest;
}

/** x += share·(y − x) */
function blend(x: Floats, y: Floats, share: number): void {
  for (let t = 0; t < x.length; t++) x[t] += share * (y[t] - x[t]);
}
