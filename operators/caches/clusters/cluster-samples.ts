import type { CacheParts } from '../../../src/core/cache.js';
import { atoms } from '../../../src/core/plan.js';
import type { ClusterContent } from './growing-clusters.js';
import { savedRows } from '../keeping/saved-state.js';
import type { SideEntry } from '../keeping/sides.js';

/** A uniform sample of the entries of each cluster. */
export interface ClusterSamples extends ClusterContent {
  samples(): number;
}

/**
 * Keep of each cluster of c entries a uniform sample of t' = min(t, c), drawn without replacement (Algorithm R), each
 * an atom of weight c / t' (math.md 4.4, stratified samples). Merged clusters give a uniform sample of the union: an
 * entry of either reservoir at a time, with the chances of entries not drawn yet.
 */
export function clusterSamples(
  t: number,
  { d, rows, random }: Pick<CacheParts, 'd' | 'rows' | 'random'>,
): ClusterSamples {
  const [keys, values] = [rows(d), rows(d)];
  const [logWeights, owners] = [rows(1, 'metadata'), rows(1, 'metadata')];
  const saved = savedRows({ keys, values, logWeights, owners });
  let members: number[][] = []; // derived from the owners: sample rows of each cluster, ascending

  function add(cluster: number, { k, v }: SideEntry): void {
    members[cluster].push(keys.count);
    keys.append(k);
    values.append(v);
    owners.append([cluster]);
    logWeights.append([0]);
  }

  function weigh(cluster: number, c: number): void {
    const weight = [Math.log(c / members[cluster].length)];
    for (const row of members[cluster]) logWeights.write(row, weight);
  }

  /** Draw from two reservoirs as from the c1 and c2 entries that they stand for. */
  function drawTogether(left: number[], c1: number, right: number[], c2: number): number[] {
    const drawn: number[] = [];
    for (let rest1 = c1, rest2 = c2; drawn.length < t && rest1 + rest2 > 0;) {
      const first = random.below(rest1 + rest2) < rest1;
      const from = first ? left : right;
      drawn.push(...from.splice(random.below(from.length), 1));
      if (first) rest1--;
      else rest2--;
    }
    return drawn;
  }

  /** Lay the rows of the clusters one after the other; rows that no cluster holds go. */
  function pack(): void {
    const old = [keys.snapshot(), values.snapshot(), logWeights.snapshot()];
    let row = 0;
    members = members.map((list, cluster) =>
      list.map((from) => {
        [keys, values, logWeights].forEach((matrix, i) => {
          matrix.write(row, old[i].subarray(from * matrix.width, (from + 1) * matrix.width));
        });
        owners.write(row, [cluster]);
        return row++;
      }),
    );
    for (const matrix of [keys, values, logWeights, owners]) matrix.resize(row);
  }

  return {
    samples: () => keys.count,
    open(entry) {
      members.push([]);
      add(members.length - 1, entry);
    },
    join(cluster, entry, c) {
      const place = c <= t ? -1 : random.below(c);
      if (c <= t) add(cluster, entry);
      else if (place < t) {
        keys.write(members[cluster][place], entry.k);
        values.write(members[cluster][place], entry.v);
      }
      weigh(cluster, c);
    },
    merge(into, c1, from, c2) {
      members[into] = drawTogether(members[into], c1, members[from], c2);
      weigh(into, c1 + c2);
    },
    rename(from, to) {
      members[to] = members[from];
    },
    settle(m) {
      members.length = m;
      pack();
    },
    atoms: () => atoms(keys, values, logWeights),
    snapshot: saved.snapshot,
    restore(snapshot) {
      saved.restore(snapshot);
      members = [];
      for (let row = 0; row < owners.count; row++) (members[owners.read(row)[0]] ??= []).push(row);
    },
  };
}
