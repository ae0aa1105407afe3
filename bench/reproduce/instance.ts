import type { CacheFactory, Entry } from '../../src/core/cache.js';
import { holdCache } from '../../src/core/hold-cache.js';
import { Ledger } from '../../src/core/ledger.js';
import type { Answer } from '../../src/core/pool.js';
import { randomStream } from '../../src/core/random.js';
import { inlinePool, SharedArena } from '../../workers/index.js';

/** One instance of a cache, fed and asked by hand. */
export interface Instance {
  append(entry: Entry): void;
  ask(q: ArrayLike<number>): Promise<Answer>;
  residentBytes(): number;
}

/** Make an instance in tensor order, in a memory of its own; the reference kernel answers. */
export function instance(factory: CacheFactory, d: number, dtype: 'f32' | 'f64'): Instance {
  const arena = SharedArena.create(dtype);
  const pool = inlinePool(arena);
  const held = holdCache({
    ...{ label: 'reproduce', streamId: 0, layer: 0, head: 0, factory, arena, ledger: new Ledger() },
    ...{ shape: { d, order: 'tensor', scale: 1 }, random: randomStream(1, 'reproduce') },
  });
  const slot = arena.alloc(d);
  return {
    append: (entry) => held.cache.append(entry),
    async ask(q) {
      arena.view(slot).set(q);
      const plan = held.cache.plan(arena.view(slot));
      const [answer] = await pool.attend([{ q: slot, d, scale: 1, plan }]);
      return answer;
    },
    residentBytes: () => held.bytes().resident,
  };
}
