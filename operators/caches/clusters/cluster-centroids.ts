import type { CacheParts } from '../../../src/core/cache.js';
import type { Floats, Rows } from '../../../src/core/memory.js';
import { atoms } from '../../../src/core/plan.js';
import type { ClusterContent } from './growing-clusters.js';
import { savedRows } from '../keeping/saved-state.js';

/** Means of the entries of each cluster. */
export interface ClusterCentroids extends ClusterContent {
  /** (m × d) mean key and mean value of each cluster. */
  readonly keys: Rows;
  readonly values: Rows;
  /** (m × 1) ln c */
  readonly logWeights: Rows;
  /** (m × d²) mean of (v − v̄)(k − k̄)ᵀ of each cluster, row by row; null unless asked for. */
  readonly moments: Rows | null;
}

/**
 * Keep of each cluster the mean key, the mean value and ln c: one atom of weight c (math.md 4.4). Scores are
 * trilinear, so the mean score of a block of pairs is the score of its centroids. With `moments` also the first-order
 * moment X = mean (v − v̄)(k − k̄)ᵀ (math.md 4.5). Means are kept, not sums, so that a query reads them as they are.
 */
export function clusterCentroids(
  { moments: wanted }: { readonly moments: boolean },
  { d, rows }: Pick<CacheParts, 'd' | 'rows'>,
): ClusterCentroids {
  const [keys, values, logWeights] = [rows(d), rows(d), rows(1, 'metadata')];
  const moments = wanted ? rows(d * d) : null;
  const all = { keys, values, logWeights, ...(moments && { moments }) };

  /** The mean (k, v) of `c2` entries, with moment X, joins the `c1` of `into`. */
  function combine(into: number, c1: number, k: Floats, v: Floats, x: Floats | null, c2: number): void {
    const [kMean, vMean, share] = [keys.read(into), values.read(into), c2 / (c1 + c2)];
    if (moments) combineMoments(moments.read(into), x, kMean, vMean, k, v, share);
    moveTowards(kMean, k, share);
    moveTowards(vMean, v, share);
    logWeights.write(into, [Math.log(c1 + c2)]);
  }

  return {
    ...{ keys, values, logWeights, moments },
    open({ k, v }) {
      keys.append(k);
      values.append(v);
      logWeights.append([0]);
      moments?.append(new Float64Array(d * d));
    },
    join: (cluster, { k, v }, c) => combine(cluster, c - 1, k, v, null, 1),
    merge: (into, c1, from, c2) =>
      combine(into, c1, keys.read(from), values.read(from), moments && moments.read(from), c2),
    rename(from, to) {
      for (const matrix of Object.values(all)) matrix.write(to, matrix.read(from));
    },
    settle(m) {
      for (const matrix of Object.values(all)) matrix.resize(m);
    },
    atoms: () => atoms(keys, values, logWeights),
    ...savedRows(all),
  };
}

/** mean += share · (x − mean) */
function moveTowards(mean: Floats, x: Floats, share: number): void {
  for (let t = 0; t < mean.length; t++) mean[t] += share * (x[t] - mean[t]);
}

/** X ← (1 − share)·X + share·X' + (1 − share)·share·(v' − v)(k' − k)ᵀ, before the means have moved. */
function combineMoments(
  moment: Floats,
  other: Floats | null,
  kMean: Floats,
  vMean: Floats,
  k: Floats,
  v: Floats,
  share: number,
): void {
  const d = k.length;
  const rest = 1 - share;
  for (let i = 0; i < d; i++) {
    const factor = rest * share * (v[i] - vMean[i]);
    for (let t = 0; t < d; t++) {
      const at = i * d + t;
      moment[at] = rest * moment[at] + (other ? share * other[at] : 0) + factor * (k[t] - kMean[t]);
    }
  }
}
