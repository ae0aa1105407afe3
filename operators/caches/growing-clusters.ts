import type { CacheParts } from '../../src/core/cache.js';
import type { Floats } from '../../src/core/memory.js';
import type { Atoms } from '../../src/core/plan.js';
import { countOf, digits, leastDistance, nearestWithin } from './leaders.js';
import { savedNumbers, savedRows, savedTogether, type Saved } from './saved-state.js';
import type { SideEntry } from './sides.js';

/** What is kept of the entries of each cluster. Clusters are named by their index; calls keep the indices dense. */
export interface ClusterContent extends Saved {
  /** A new cluster, after the others, of this entry alone. */
  open(entry: SideEntry): void;
  /** An entry joins `cluster`, and makes `c` of them. */
  join(cluster: number, entry: SideEntry, c: number): void;
  /** The `c2` entries of `from` join the `c1` of `into`; `from` is gone. */
  merge(into: number, c1: number, from: number, c2: number): void;
  /** Cluster `from` is named `to` from now on; nothing holds that name. */
  rename(from: number, to: number): void;
  /** After merging: the clusters are 0 … m−1. */
  settle(m: number): void;
  /** What a query sees of the clusters. */
  atoms(): Atoms;
}

/** Clusters of one side, at most as many as are allowed, with a radius that grows. */
export interface GrowingClusters extends Saved {
  /** Take one entry; afterwards there are at most `limit` ≥ 1 clusters. */
  offer(entry: SideEntry, limit: number): void;
  clusters(): number;
  /** The distance δ within which a key joins a leader now. */
  radius(): number;
}

/**
 * Leader clustering with growing δ (math.md 4.8): a key joins the nearest leader within δ, the oldest of equals, or
 * leads a new cluster. When there are too many, δ grows by factors `gamma` until the two nearest leaders are within
 * it, and in the order of their age each leader joins the nearest older one within δ, with all its entries.
 * Leaders never move and δ grows at least `gamma`-fold, so a key is never farther than δ·γ/(γ−1) from its leader.
 *
 * O(m·d) per entry. Growing costs O(m²·d), at most log_γ(largest / smallest distance) times in all.
 * δ starts at 0, where only equal keys share a cluster; the first growth makes it the least distance there is.
 */
export function growingClusters(
  gamma: number,
  content: ClusterContent,
  { d, rows }: Pick<CacheParts, 'd' | 'rows'>,
): GrowingClusters {
  const representatives = rows(d);
  const counts = rows(2, 'metadata'); // (m × 2) entries per cluster
  let delta = 0;
  let leaders: Floats[] = []; // derived: views on the representatives

  function offer(entry: SideEntry, limit: number): void {
    const cluster = nearestWithin(delta, leaders, entry.k);
    if (cluster === -1) open(entry);
    else {
      const c = countOf(counts.read(cluster)) + 1;
      counts.write(cluster, digits(c));
      content.join(cluster, entry, c);
    }
    while (leaders.length > limit) {
      grow(leastDistance(leaders));
      mergeNear();
    }
  }

  function open(entry: SideEntry): void {
    representatives.append(entry.k);
    counts.append(digits(1));
    leaders.push(representatives.read(leaders.length));
    content.open(entry);
  }

  function grow(least: number): void {
    if (delta === 0) delta = least;
    else
      do delta *= gamma;
      while (delta < least);
  }

  function mergeNear(): void {
    const all = leaders;
    leaders = [];
    for (let from = 0; from < all.length; from++) {
      const into = nearestWithin(delta, leaders, all[from]);
      if (into === -1) settle(from);
      else {
        const [c1, c2] = [into, from].map((cluster) => countOf(counts.read(cluster)));
        content.merge(into, c1, from, c2);
        counts.write(into, digits(c1 + c2));
      }
    }
    representatives.resize(leaders.length);
    counts.resize(leaders.length);
    content.settle(leaders.length);
  }

  /** Cluster `from` stays, after those that stayed so far. */
  function settle(from: number): void {
    const to = leaders.length;
    if (to !== from) {
      representatives.write(to, representatives.read(from));
      counts.write(to, counts.read(from));
      content.rename(from, to);
    }
    leaders.push(representatives.read(to));
  }

  const saved = savedTogether({
    rows: savedRows({ representatives, counts }),
    radius: savedNumbers(
      'delta',
      () => [delta],
      ([stored]) => (delta = stored),
    ),
    content,
  });
  return {
    offer,
    clusters: () => leaders.length,
    radius: () => delta,
    snapshot: saved.snapshot,
    restore(snapshot) {
      saved.restore(snapshot);
      leaders = Array.from({ length: representatives.count }, (_, i) => representatives.read(i));
    },
  };
}
