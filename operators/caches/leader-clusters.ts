import type { CacheParts } from '../../src/core/cache.js';
import type { Floats } from '../../src/core/memory.js';
import { atoms, type Atoms } from '../../src/core/plan.js';
import { savedNumbers, savedRows, savedTogether, type Saved } from './saved-state.js';

const DIGIT = 2 ** 20; // counts are stored as two digits: float32 alone would stop counting at 2^24

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
    const c = count(counts.read(cluster)) + 1;
    counts.write(cluster, [Math.floor(c / DIGIT), c % DIGIT]);
    if (c <= t) addSample(cluster, k);
    else sampleInstead(members[cluster], c, k);
  }

  function open(k: Floats): void {
    representatives.append(k);
    leaders.push(representatives.read(leaders.length));
    counts.append([0, 1]);
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

function count([high, low]: Floats): number {
  return high * DIGIT + low;
}

/** Index of the nearest leader at distance ≤ delta, the oldest of equals; -1 if there is none. */
function nearestWithin(delta: number, leaders: readonly Floats[], k: Floats): number {
  let [nearest, least] = [-1, delta * delta];
  for (let i = 0; i < leaders.length; i++) {
    const found = squaredDistance(k, leaders[i], least);
    if (found < least || (found === least && nearest === -1)) [nearest, least] = [i, found];
  }
  return nearest;
}

/** |x − y|², or some number above `limit` once that is sure: most leaders are far, and soon known to be. */
function squaredDistance(x: Floats, y: Floats, limit: number): number {
  let sum = 0;
  for (let start = 0; start < x.length && sum <= limit; start += 8) {
    const end = Math.min(x.length, start + 8);
    for (let t = start; t < end; t++) sum += (x[t] - y[t]) * (x[t] - y[t]);
  }
  return sum;
}
