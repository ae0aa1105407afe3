import type { CacheParts } from '../../../src/core/cache.js';
import type { Atoms } from '../../../src/core/plan.js';
import { clusterCentroids } from './cluster-centroids.js';
import { clusterSamples } from './cluster-samples.js';
import type { MomentSide } from './first-order.js';
import { growingClusters } from './growing-clusters.js';
import { joinAtoms } from '../keeping/join-atoms.js';
import { keptRows } from '../keeping/kept-rows.js';
import { savedNumbers, savedTogether, type Saved } from '../keeping/saved-state.js';
import type { SideEntry } from '../keeping/sides.js';
import { squaredNorm } from '../keeping/squared-norm.js';
import type { Allowed, SubgenAtomsOptions } from './subgen-atoms-size.js';

/** A window of recent entries, and clusters of those that left it. */
export interface SubgenAtomsSide {
  readonly saved: Saved;
  offer(entry: SideEntry): void;
  atoms(): Atoms;
  /** The same, for the first-order correction. */
  momentSide(): MomentSide;
  /** Atoms that a query sees: the window, and centroids or samples. */
  kept(): number;
  evicted(): number;
  clusters(): number;
  samples(): number;
}

/** Make one side. What it may hold after n tokens is `allowed`. */
export function subgenAtomsSide(
  { atoms, t, moments, gamma }: SubgenAtomsOptions,
  allowed: Allowed,
  parts: CacheParts,
): SubgenAtomsSide {
  // its own count lacks the tokens that came while a share left no room for a window
  const recent = keptRows(parts, { allowed: () => allowed.window(seen), positions: 'implied' });
  const weights = parts.rows(1, 'metadata'); // (window × 1) zeros: a job has weights for all atoms of a side or none
  const centroids = atoms === 'centroids' ? clusterCentroids({ moments }, parts) : null;
  const samples = atoms === 'samples' ? clusterSamples(t, parts) : null;
  const clusters = growingClusters(gamma, (centroids ?? samples)!, parts);
  let [seen, longest] = [0, 0];

  const cluster = (entry: SideEntry) => clusters.offer(entry, allowed.clusters(seen));
  recent.onEvict((slot) => cluster({ k: recent.keys.read(slot), v: recent.values.read(slot) }));
  const inClusters = () => (centroids ?? samples)!.atoms();

  return {
    saved: savedTogether({
      ...{ recent, clusters },
      side: savedNumbers(
        'numbers',
        () => [seen, longest],
        (stored) => {
          [seen, longest] = stored;
          weights.resize(0);
          padWithZeros();
        },
      ),
    }),
    offer(entry) {
      seen++;
      longest = Math.max(longest, Math.sqrt(squaredNorm(entry.v)));
      if (allowed.window(seen) === 0) return cluster(entry);
      recent.put(entry, recent.oldest);
      padWithZeros();
    },
    atoms: () => joinAtoms(recent.atoms(weights), inClusters()),
    momentSide: () => ({
      longest,
      rows: [
        { keys: recent.keys, values: recent.values, logWeights: null, moments: null },
        ...(centroids ? [centroids] : []),
      ],
    }),
    kept: () => recent.kept() + inClusters().keys.count,
    evicted: () => seen - recent.kept() - inClusters().keys.count,
    clusters: clusters.clusters,
    samples: () => samples?.samples() ?? 0,
  };

  function padWithZeros(): void {
    while (weights.count < recent.kept()) weights.append([0]);
  }
}
