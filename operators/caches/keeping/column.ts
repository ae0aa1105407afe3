import type { CacheParts } from '../../../src/core/cache.js';
import type { Rows } from '../../../src/core/memory.js';
import { savedRows, type Saved } from './saved-state.js';

/** One number per atom, charged as metadata. */
export interface Column extends Saved {
  /** (count × 1); for jobs. Write through `set`. */
  readonly rows: Rows;
  get(slot: number): number;
  /** Write the number of an atom, or of the next one if `slot` is the count. */
  set(slot: number, value: number): void;
  /** Add to the number of every atom, by slot. */
  add(values: ArrayLike<number>): void;
  /** The slot with the least number; of equals the one with the lower number in `older`, then the lower slot. */
  least(older?: Column | null, eligible?: (slot: number) => boolean): number;
}

/**
 * Numbers by which a cache chooses. They live in rows; a plain copy, as rounded there, is what is searched, because a
 * view on one number of shared memory costs more than a comparison.
 */
export function column({ rows: makeRows }: Pick<CacheParts, 'rows'>): Column {
  const rows = makeRows(1, 'metadata');
  const copy: number[] = [];
  const saved = savedRows({ numbers: rows });

  function least(older: Column | null = null, eligible?: (slot: number) => boolean): number {
    let best = -1;
    for (let slot = 0; slot < copy.length; slot++) {
      if (eligible !== undefined && !eligible(slot)) continue;
      if (best === -1 || copy[slot] < copy[best]) best = slot;
      else if (copy[slot] === copy[best] && older !== null && older.get(slot) < older.get(best)) best = slot;
    }
    return best;
  }

  return {
    rows,
    get: (slot) => copy[slot],
    set(slot, value) {
      if (slot === rows.count) rows.append([value]);
      else rows.write(slot, [value]);
      copy[slot] = rows.read(slot)[0];
    },
    add(values) {
      let slot = 0;
      for (const block of rows.views()) {
        for (let i = 0; i < block.length; i++, slot++) {
          block[i] += values[slot];
          copy[slot] = block[i]; // as it was stored, which rounded it
        }
      }
    },
    least,
    snapshot: saved.snapshot,
    restore(snapshot) {
      saved.restore(snapshot);
      copy.length = rows.count;
      for (let slot = 0; slot < rows.count; slot++) copy[slot] = rows.read(slot)[0];
    },
  };
}
