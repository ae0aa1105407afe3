import type { CacheParts } from '../../../src/core/cache.js';
import type { Floats } from '../../../src/core/memory.js';
import type { Atoms } from '../../../src/core/plan.js';
import { countOf, digits, leastDistance, nearestWithin } from './leaders.js';
import { savedNumbers, savedRows, savedTogether, type Saved } from '../keeping/saved-state.js';
import type { SideEntry } from '../keeping/sides.js';

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

const SLACK = 1 / 8; // of the clusters are freed at once: merging costs O(m²·d)

/**
 * Leader clustering with growing δ (math.md 4.8): a key joins the nearest leader within δ, the oldest of equals, or
 * leads a new cluster. When there are too many, leaders within δ of an older one join the nearest such, in the order of
 * their age, until an eighth of the places are free; only when no more can, δ grows by factors `gamma` until the two
 * nearest leaders are within it. A leader that took over another one stays until δ has grown, and leaders never move:
 * so no key is ever farther than δ·max(2, γ/(γ−1)) from its leader.
 *
 * Math.md merges all leaders within δ at once, which leaves most of the places empty where distances are alike.
 * O(m·d) per entry, merging included, and O(m²·d) each time that δ grows: at most log_γ(largest / least distance) times.
 * δ starts at 0, where only equal keys share a cluster; the first growth makes it the least distance there is.
 */
export function growingClusters(
  gamma: number,
  content: ClusterContent,
  { d, rows }: Pick<CacheParts, 'd' | 'rows'>,
): GrowingClusters {
  const representatives = rows(d);
  const counts = rows(3, 'metadata'); // (m × 3) two digits of its entries; 1 if it took over another at this δ
  let delta = 0;
  let exhausted = true; // no leader can join another at this δ
  let leaders: Floats[] = []; // derived: views on the representatives

  function offer(entry: SideEntry, limit: number): void {
    const cluster = nearestWithin(delta, leaders, entry.k);
    if (cluster === -1) open(entry);
    else {
      const c = countOf(counts.read(cluster)) + 1;
      counts.write(cluster, [...digits(c), counts.read(cluster)[2]]);
      content.join(cluster, entry, c);
    }
    if (leaders.length > limit) shrink(limit);
  }

  function open(entry: SideEntry): void {
    representatives.append(entry.k);
    counts.append([...digits(1), 0]);
    leaders.push(representatives.read(leaders.length));
    content.open(entry);
  }

  function shrink(limit: number): void {
    const target = limit - Math.floor(limit * SLACK);
    if (!exhausted) mergeNear(target);
    while (leaders.length > limit) {
      grow(leastDistance(leaders));
      mergeNear(target);
    }
  }

  function grow(least: number): void {
    if (delta === 0) delta = least;
    else
      do delta *= gamma;
      while (delta < least);
    for (let i = 0; i < counts.count; i++) counts.read(i)[2] = 0;
  }

  /** Merge leaders within δ until `target` are left or no more can. */
  function mergeNear(target: number): void {
    const all = leaders;
    leaders = [];
    for (let from = 0, left = all.length; from < all.length; from++) {
      const stays = left <= target || counts.read(from)[2] === 1;
      const into = stays ? -1 : nearestWithin(delta, leaders, all[from]);
      if (into === -1) settle(from);
      else {
        const [c1, c2] = [into, from].map((cluster) => countOf(counts.read(cluster)));
        content.merge(into, c1, from, c2);
        counts.write(into, [...digits(c1 + c2), 1]);
        left--;
      }
    }
    exhausted = leaders.length > target;
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
      () => [delta, Number(exhausted)],
      ([storedDelta, storedExhausted]) => {
        delta = storedDelta;
        exhausted = storedExhausted === 1;
      },
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
