import type { Cache, CacheParts, Census } from '../../../src/core/cache.js';
import type { Rows } from '../../../src/core/memory.js';
import { atoms, attention, type AttendJob } from '../../../src/core/plan.js';
import { savedRows, type Saved } from './saved-state.js';
import { sidesOf } from './sides.js';

/** The keys and values of every token, (n × d) each; `k2` and `v2` are null in matrix order. */
export interface EntryRows
  extends Saved, Pick<Cache, 'append' | 'census'>, Required<Pick<Cache, 'positions'>> {
  readonly k1: Rows;
  readonly v1: Rows;
  readonly k2: Rows | null;
  readonly v2: Rows | null;
  /** The job of exact attention over all entries. */
  attendAll(): AttendJob;
}

/** Keep every entry as it came: the four caches of TKV, Definition 3.7. Append-only. */
export function entryRows({ d, order, rows }: Pick<CacheParts, 'd' | 'order' | 'rows'>): EntryRows {
  const matrices = order === 'tensor' ? [rows(d), rows(d), rows(d), rows(d)] : [rows(d), rows(d)];
  const [k1, v1, k2 = null, v2 = null] = matrices as [Rows, Rows, Rows?, Rows?];
  const names = ['k1', 'v1', 'k2', 'v2'];
  return {
    ...{ k1, v1, k2, v2 },
    ...savedRows(Object.fromEntries(matrices.map((matrix, i) => [names[i], matrix]))),
    append(entry) {
      sidesOf(entry, order).forEach(({ k, v }, side) => {
        matrices[2 * side].append(k);
        matrices[2 * side + 1].append(v);
      });
    },
    attendAll: () => attention(atoms(k1, v1), k2 === null || v2 === null ? null : atoms(k2, v2)),
    positions: () => ({ side1: upTo(k1.count), side2: upTo(k2?.count ?? 0) }),
    census: () => keepsAll(k1.count, k2?.count ?? 0),
  };
}

const upTo = (n: number) => Array.from({ length: n }, (_, position) => position);

/** Every entry is kept: nothing evicted, clustered or sampled. */
function keepsAll(kept1: number, kept2: number): Census {
  return { kept1, kept2, evicted1: 0, evicted2: 0, clusters1: null, clusters2: null, samples: null };
}
