import type { CacheParts } from '../../../src/core/cache.js';
import { Failure } from '../../../src/core/failure.js';
import type { Rows } from '../../../src/core/memory.js';
import { atoms, type Atoms } from '../../../src/core/plan.js';
import { column, type Column } from './column.js';
import { savedNumbers, savedRows, savedTogether, type Saved } from './saved-state.js';
import type { SideEntry } from './sides.js';

/** Positions are whole numbers; float32 holds those below 2^24. */
const POSITIONS_IN_FLOAT32 = 2 ** 24;

/** The tokens that one side keeps, unchanged. A token has a slot: its row in every matrix of the side. */
export interface KeptRows extends Saved {
  /** (kept × d) */
  readonly keys: Rows;
  readonly values: Rows;
  /** Where the kept tokens stood in the stream, by slot; null unless they are metadata. */
  readonly order: Column | null;
  /**
   * Take the next token: in a new slot while the side may grow, else in the place of `victim()`, a slot.
   * Returns its slot, at which the cache writes what it notes of the token.
   */
  put(entry: SideEntry, victim: () => number): number;
  /** Pass over the next token: it never enters, so it does not count as evicted. */
  skip(): void;
  /** Be told of each slot just before its token leaves: its rows can still be read. One listener. */
  onEvict(listener: (slot: number) => void): void;
  /** Let every atom weigh what these rows say, (kept × 1), natural logarithm, wherever no other weights are given. */
  weighWith(logWeights: Rows): void;
  /** Tokens seen, skipped ones included: the position of the next one. */
  seen(): number;
  kept(): number;
  evicted(): number;
  /** 0-based position in the stream of the token in a slot. */
  position(slot: number): number;
  /** Positions of all kept tokens, by slot. */
  positions(): readonly number[];
  /** The slot of the kept token that came first, among slots from `from` on. */
  oldest(from?: number): number;
  atoms(logWeights?: Rows | null): Atoms;
}

/** What one side may keep, and whether it must remember where its tokens stood. */
export interface Keeping {
  /** Tokens that may be kept once n were seen; never falls, and grows by at most 1 a token. */
  allowed(n: number): number;
  /**
   * `metadata` if the cache chooses by position (ties too): a number per atom, charged. `implied` if they only serve
   * reports, or the oldest is all that is asked for, which a ring knows from one counter: then they are plain
   * numbers that cost nothing. (A share lets a ring grow; where its seams are also follows from n and the share.)
   */
  readonly positions: 'metadata' | 'implied';
}

/** Keep tokens of one side in slots. Rows are overwritten in place: order in memory is not that of the stream. */
export function keptRows(parts: CacheParts, { allowed, positions: accounting }: Keeping): KeptRows {
  const [keys, values] = [parts.rows(parts.d), parts.rows(parts.d)];
  const order = accounting === 'metadata' ? column(parts) : null;
  const last = order !== null && parts.bytesPerNumber === 4 ? POSITIONS_IN_FLOAT32 : Infinity;
  let positions: number[] = [];
  let [seen, skipped] = [0, 0];
  let evicting: (slot: number) => void = () => {};
  let weights: Rows | null = null;

  function put({ k, v }: SideEntry, victim: () => number): number {
    if (seen >= last) throw tooLong(last);
    const grows = keys.count < allowed(seen + 1);
    const slot = grows ? keys.count : victim();
    if (grows) {
      keys.append(k);
      values.append(v);
    } else {
      evicting(slot);
      keys.write(slot, k);
      values.write(slot, v);
    }
    order?.set(slot, seen);
    positions[slot] = seen++;
    return slot;
  }

  function oldest(from = 0): number {
    let first = from;
    for (let slot = from + 1; slot < positions.length; slot++) {
      if (positions[slot] < positions[first]) first = slot;
    }
    return first;
  }

  return {
    ...{ keys, values, order, put, oldest },
    skip() {
      seen++;
      skipped++;
    },
    onEvict: (listener) => (evicting = listener),
    seen: () => seen,
    kept: () => keys.count,
    evicted: () => seen - skipped - keys.count,
    position: (slot) => positions[slot],
    positions: () => [...positions],
    weighWith: (logWeights) => void (weights = logWeights),
    atoms: (logWeights = weights) => atoms(keys, values, logWeights),
    ...savedTogether({
      rows: savedRows({ keys, values }),
      ...(order === null ? {} : { order }),
      kept: savedNumbers(
        'positions',
        () => [...positions],
        (stored) => (positions = stored),
      ),
      stream: savedNumbers(
        'numbers',
        () => [seen, skipped],
        (stored) => ([seen, skipped] = stored),
      ),
    }),
  };
}

function tooLong(last: number): Failure {
  return new Failure(
    'bad-input',
    `a stream of more than ${last} tokens: float32 cannot tell later positions apart, and this cache chooses by them`,
    'use shorter streams, or a cache that needs no positions, such as window',
  );
}
