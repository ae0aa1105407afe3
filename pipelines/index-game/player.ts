import type { Snapshot } from '../../src/core/cache.js';
import { holdCache } from '../../src/core/hold-cache.js';
import { Ledger } from '../../src/core/ledger.js';
import type { Arena, Floats, Rows, Slot } from '../../src/core/memory.js';
import type { Answer, AttentionPool } from '../../src/core/pool.js';
import { randomStream } from '../../src/core/random.js';
import type { LabelledCache } from '../cache-bank.js';
import type { IndexInstance } from './instance.js';

/** Where the game is played. */
export interface GameTable {
  readonly arena: Arena;
  readonly pool: AttentionPool;
}

/** One side of the game: its own instance of the cache, with the randomness that both sides know. */
export interface Player {
  /** Append the instance's keys with these bits as values, asking q = 0 in each step if the cache looks at answers. */
  stream(bits: readonly Float32Array[]): Promise<void>;
  /** Append the token whose key and value are zero: the receiver's step asks, and brings nothing. */
  appendZero(): void;
  ask(q: Float32Array): Promise<Answer>;
  snapshot(): Snapshot;
  restore(state: Snapshot): void;
  /** Resident and metadata bytes, as held. */
  keptBytes(): number;
  release(): void;
}

/** Sit down with an empty cache. */
export function takeSeat(
  table: GameTable,
  cache: LabelledCache,
  instance: IndexInstance,
  seed: number,
): Player {
  const { arena, pool } = table;
  const { d, keys } = instance;
  const order = instance.stream === 'four' ? 'tensor' : 'matrix';
  const made: Rows[] = [];
  const held = holdCache({
    ...{ label: cache.label, streamId: 0, layer: 0, head: 0, factory: cache.factory, ledger: new Ledger() },
    ...{ shape: { d, order, scale: 1 }, arena: noting(arena, made) },
    random: randomStream(seed, 'index-game', 'cache', cache.label),
  });
  const slots = Array.from({ length: 5 }, () => arena.alloc(d));
  const [k1, k2, v1, v2, q] = slots.map((slot) => arena.view(slot));
  const append = (key: ArrayLike<number>, value: ArrayLike<number>, side2: number) => {
    k1.set(key);
    v1.set(value);
    if (order === 'matrix') return held.cache.append({ k1, v1, k2: null, v2: null });
    held.cache.append({ k1, v1, k2: k2.fill(side2), v2: v2.fill(side2) });
  };
  const ask = (query: ArrayLike<number>) => answer(pool, slots[4], q, query, held.cache.plan);
  const zeros = new Float32Array(d);
  return {
    async stream(bits) {
      for (const [t, row] of bits.entries()) {
        append(keys[t], row, 1);
        if (held.cache.observe) held.cache.observe(await ask(zeros));
      }
    },
    appendZero: () => append(zeros, zeros, 0),
    ask,
    snapshot: held.cache.snapshot,
    restore: held.cache.restore,
    keptBytes: () => held.bytes().resident + held.bytes().metadata,
    release() {
      for (const rows of made) rows.release();
      for (const slot of slots) arena.free(slot);
    },
  };
}

async function answer(
  pool: AttentionPool,
  slot: Slot,
  view: Floats,
  query: ArrayLike<number>,
  plan: (q: Floats) => Parameters<AttentionPool['attend']>[0][number]['plan'],
): Promise<Answer> {
  view.set(query);
  const [given] = await pool.attend([{ q: slot, d: view.length, scale: 1, plan: plan(view) }]);
  return given;
}

/** The same memory, noting the rows it makes, so that they can be given back. */
function noting(arena: Arena, made: Rows[]): Arena {
  return {
    dtype: arena.dtype,
    bytesPerNumber: arena.bytesPerNumber,
    alloc: (length) => arena.alloc(length),
    free: (slot) => arena.free(slot),
    view: (slot) => arena.view(slot),
    rows(width, charge) {
      const rows = arena.rows(width, charge);
      made.push(rows);
      return rows;
    },
  };
}
