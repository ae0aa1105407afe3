import { randomStream } from '../../../src/core/random.js';
import { SharedArena } from '../../../workers/index.js';
import { growingClusters, type ClusterContent } from '../clusters/growing-clusters.js';
import { must } from './law.js';

const arena = SharedArena.create('f64');

/** What a piece of a cache is made from, on its own. */
export const partsFor = (d: number, seed = 1) => ({
  ...{ d, order: 'tensor', scale: 1, bytesPerNumber: 8 as const, random: randomStream(seed, 'test') },
  rows: (width: number) => arena.rows(width, () => {}),
});

/** Which entries, by number, each cluster has. */
function recorder() {
  const members: number[][] = [];
  let next = 0;
  const content: ClusterContent = {
    open: () => void members.push([next++]),
    join: (cluster) => void members[cluster].push(next++),
    merge: (into, c1, from, c2) => {
      must(members[into].length === c1 && members[from].length === c2, () => `${c1} and ${c2} entries merge`);
      members[into].push(...members[from]);
    },
    rename: (from, to) => void (members[to] = members[from]),
    settle: (m) => void (members.length = m),
    atoms: () => {
      throw new Error('not asked for');
    },
    snapshot: () => ({}),
    restore: () => {},
  };
  return { members, content };
}

/** The clusters that keys fall into: entries and leader of each, and the radius in the end. */
export function clustersOf(keys: readonly Float64Array[], limit: number, gamma: number) {
  const d = keys[0].length;
  const { members, content } = recorder();
  const clusters = growingClusters(gamma, content, partsFor(d));
  for (const k of keys) {
    clusters.offer({ k, v: k }, limit);
    must(clusters.clusters() <= limit, () => `${clusters.clusters()} clusters of ${limit}`);
    must(members.length === clusters.clusters(), () => `${members.length} clusters hold entries`);
  }
  const flat = clusters.snapshot()['rows.representatives'] as Float64Array;
  const leaders = members.map((_, i) => flat.slice(i * d, (i + 1) * d));
  return { members, leaders, radius: clusters.radius() };
}
