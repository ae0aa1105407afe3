import type { CacheParts } from '../../../src/core/cache.js';
import type { Floats } from '../../../src/core/memory.js';
import { atoms, type Atoms } from '../../../src/core/plan.js';
import { countOf, digits, nearestWithin } from './leaders.js';
import { savedNumbers, savedRows, savedTogether, type Saved } from '../keeping/saved-state.js';

/** Keys of one side in clusters, and from each a uniform sample. */
export interface LeaderClusters extends Saved {
  /** Take one key, (d). */
  offer(k: Floats): void;
  /** The sampled keys of all clusters, each with weight c / min(t, c); they have no values. */
  atoms(): Atoms;
  clusters(): number;
  samples(): number;
  /** Samples that were overwritten since the start. */
  replaced(): number;
}

/**
 * Cluster keys online: a key joins the nearest representative within `delta`, or becomes the representative of
 * a new cluster (SubGen, Algorithm 1, UpdateSoftmaxNormalizer). Representatives never move, so a cluster lies
 * in a ball of radius delta. O(m·d + t) per key.
 *
 * Deviation from SubGen: the t samples of a cluster are drawn WITHOUT replacement (Algorithm R) and weigh
 * c / min(t, c), so a cluster of up to t keys is exact (math.md 4.3); SubGen runs t samplers of one key.
 */
export function leaderClusters(
  { delta, t }: { readonly delta: number; readonly t: number },
  { d, rows, random }: CacheParts,
): LeaderClusters {
  const [representatives, samples] = [rows(d), rows(d)];
  const counts = rows(2, 'metadata'); // (m × 2) keys per cluster
  const owners = rows(1, 'metadata'); // (samples × 1) cluster of each sample
  const logWeights = rows(1, 'metadata'); // (samples × 1)
  // Derived: views on the representatives, and the sample rows of each cluster in the order they were filled.
  let leaders: Floats[] = [];
  let members: number[][] = [];
  let replaced = 0;

  function offer(k: Floats): void {
    const cluster = nearestWithin(delta, leaders, k);
    if (cluster === -1) return open(k);
    const c = countOf(counts.read(cluster)) + 1;
    counts.write(cluster, digits(c));
    if (c <= t) addSample(cluster, k);
    else sampleInstead(members[cluster], c, k);
  }

  function open(k: Floats): void {
    representatives.append(k);
    leaders.push(representatives.read(leaders.length));
    counts.append(digits(1));
    members.push([]);
    addSample(members.length - 1, k);
  }

  function addSample(cluster: number, k: Floats): void {
    members[cluster].push(samples.count);
    samples.append(k);
    owners.append([cluster]);
    logWeights.append([0]); // until c > t every key of the cluster is here
  }

  /** Algorithm R: key number c > t takes the place of a random sample with probability t/c. */
  function sampleInstead(rowsOfCluster: readonly number[], c: number, k: Floats): void {
    const place = random.below(c);
    if (place < t) {
      samples.write(rowsOfCluster[place], k);
      replaced++;
    }
    const weight = [Math.log(c / t)];
    for (const row of rowsOfCluster) logWeights.write(row, weight);
  }

  const saved = savedTogether({
    rows: savedRows({ representatives, samples, counts, owners, logWeights }),
    samples: savedNumbers(
      'replaced',
      () => [replaced],
      ([stored]) => (replaced = stored),
    ),
  });
  return {
    offer,
    atoms: () => atoms(samples, samples, logWeights), // a denominator reads no values
    clusters: () => representatives.count,
    samples: () => samples.count,
    replaced: () => replaced,
    snapshot: saved.snapshot,
    restore(snapshot) {
      saved.restore(snapshot);
      leaders = Array.from({ length: representatives.count }, (_, i) => representatives.read(i));
      members = leaders.map(() => []);
      for (let row = 0; row < owners.count; row++) members[owners.read(row)[0]].push(row);
    },
  };
}
