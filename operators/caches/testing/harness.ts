import type { Cache, CacheFactory, HeldBytes } from '../../../src/core/cache.js';
import { holdCache } from '../../../src/core/hold-cache.js';
import { Ledger } from '../../../src/core/ledger.js';
import type { Arena, Floats, Rows } from '../../../src/core/memory.js';
import type { Answer, AttentionPool } from '../../../src/core/pool.js';
import { randomStream } from '../../../src/core/random.js';
import { inlinePool, SharedArena } from '../../../workers/index.js';
import type { Stream, Token } from './streams.js';

/** One instance of a cache with its own ledger, fed and asked as a pipeline would. */
export interface Trial {
  readonly cache: Cache;
  readonly ledger: Ledger;
  /** Tokens appended. */
  readonly appended: number;
  append(token: Token): void;
  /** Append, and show the query and its answer to a cache that observes attention, as `attend` does. */
  take(token: Token): Promise<void>;
  ask(q: Float64Array): Promise<Answer>;
  /** Bytes of the rows that the cache holds. */
  bytes(): HeldBytes;
  /** Bytes that the ledger knows of. */
  charged(): HeldBytes;
  /** Give all memory back. */
  release(): void;
}

// One memory per type for all trials: what a trial releases the next one uses again.
const arenas = new Map<string, { arena: SharedArena; pool: AttentionPool }>();

function shared(dtype: 'f32' | 'f64') {
  let found = arenas.get(dtype);
  if (found === undefined) {
    const arena = SharedArena.create(dtype);
    arenas.set(dtype, (found = { arena, pool: inlinePool(arena) }));
  }
  return found;
}

/** Make an instance of a cache for tests. After each append its input buffers are overwritten with NaN. */
export function startTrial(
  factory: CacheFactory,
  { d, order, scale, dtype }: Omit<Stream, 'tokens'>,
  seed = 1,
): Trial {
  const { arena, pool } = shared(dtype);
  const made: Rows[] = [];
  const ledger = new Ledger();
  const held = holdCache({
    ...{ label: 'trial', streamId: 0, layer: 0, head: 0, factory, ledger },
    shape: { d, order, scale },
    arena: remembering(arena, made),
    random: randomStream(seed, 'trial'),
  });
  const slots = Array.from({ length: 5 }, () => arena.alloc(d));
  const [k1, k2, v1, v2] = slots.map((slot) => arena.view(slot));
  const load = (into: Floats, row: Float64Array | null) => (row === null ? null : (into.set(row), into));
  const trial: Trial = {
    cache: held.cache,
    ledger,
    get appended() {
      return held.appended;
    },
    append(token) {
      const sides = { k2: load(k2, token.k2), v2: load(v2, token.v2) };
      held.cache.append({ k1: load(k1, token.k1)!, v1: load(v1, token.v1)!, ...sides });
      for (const view of [k1, k2, v1, v2]) view.fill(NaN); // an entry is valid only during the call
      held.appended++;
    },
    async take(token) {
      trial.append(token);
      if (held.cache.observe) held.cache.observe(await trial.ask(token.q));
    },
    async ask(q) {
      arena.view(slots[4]).set(q);
      const plan = held.cache.plan(arena.view(slots[4]));
      const [answer] = await pool.attend([{ q: slots[4], d, scale, plan }]);
      return answer;
    },
    bytes: held.bytes,
    charged: () => ({
      resident: ledger.used('trial/0/0/0/resident'),
      metadata: ledger.used('trial/0/0/0/metadata'),
      scratch: ledger.used('trial/0/0/0/scratch'),
    }),
    release() {
      for (const rows of made) rows.release();
      for (const slot of slots) arena.free(slot);
    },
  };
  return trial;
}

/** The same memory, but it notes the rows it makes. */
function remembering(arena: Arena, made: Rows[]): Arena {
  return {
    dtype: arena.dtype,
    bytesPerNumber: arena.bytesPerNumber,
    alloc: (length) => arena.alloc(length),
    free: (slot) => arena.free(slot),
    view: (slot) => arena.view(slot),
    rows(width, charge, wide) {
      const rows = arena.rows(width, charge, wide);
      made.push(rows);
      return rows;
    },
  };
}

/** Run `use` on a fresh instance and give its memory back whatever happens. */
export async function withTrial<T>(
  factory: CacheFactory,
  shape: Omit<Stream, 'tokens'>,
  use: (trial: Trial) => Promise<T>,
  seed?: number,
): Promise<T> {
  const trial = startTrial(factory, shape, seed);
  try {
    return await use(trial);
  } finally {
    trial.release();
  }
}
