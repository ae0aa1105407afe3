import type { CacheFactory } from '../../src/core/cache.js';
import { holdCache } from '../../src/core/hold-cache.js';
import { Ledger } from '../../src/core/ledger.js';
import type { Arena, Slot } from '../../src/core/memory.js';
import type { Answer, AttendRequest, AttentionPool } from '../../src/core/pool.js';
import { randomStream } from '../../src/core/random.js';
import type { HeldCache } from '../../src/core/run.js';
import type { LanguageModelShape } from '../../src/core/language-model.js';
import type { SequenceRows } from '../../src/core/sequence.js';
import type { LayerAttention } from './forward.js';

/** Where caches keep their rows, and who answers. */
export interface CacheMemory {
  readonly arena: Arena;
  readonly pool: AttentionPool;
}

/** The caches of a measurement. */
export interface CachesUnder {
  readonly factory: CacheFactory;
  /** Names the random numbers of its caches, together with window, layer and head. */
  readonly label: string;
  readonly seed: number;
  /** Answer in float64, whatever the kernel of the pool is. */
  readonly precise?: boolean;
  /** Told of every answer; `at` is the position in the window. */
  onAnswer?(answer: Answer, layer: number, head: number, at: number): void;
}

/** What the caches of all layers and heads held, summed over those. */
export interface HeldInWindows {
  /** Resident bytes and metadata, mean over positions and windows. */
  readonly meanBytes: number;
  /** The same after the last token of a window, mean over windows. */
  readonly lastBytes: number;
  /** Share of the answers that their cache said to be out of the range in which it promises anything. */
  readonly outOfRange: number;
}

/** Attention through caches, and what they held. */
export interface CacheAttention {
  readonly attend: LayerAttention;
  held(): HeldInWindows;
}

/**
 * Attention in which every window, layer and head has a cache of its own, fed and asked token by token as in a run: a cache is
 * given the token before it is asked that token's query, and shown its answer. Windows that come together are asked together.
 */
export function cacheAttention(
  { heads, d, order, scale }: LanguageModelShape,
  { arena, pool }: CacheMemory,
  { factory, label, seed, precise = false, onAnswer }: CachesUnder,
): CacheAttention {
  const tally = { bytes: 0, lastBytes: 0, positions: 0, windows: 0, answers: 0, outOfRange: 0 };

  function hold(layer: number, window: number, head: number): HeldCache {
    return holdCache({
      ...{ label, streamId: window, layer, head, factory, arena, ledger: new Ledger() },
      shape: { d, order, scale },
      random: randomStream(seed, 'cache', label, window, layer, head),
    });
  }

  /** Where the row of cache i (window by window, head by head) for the token at a position lies. */
  const placeOf = (i: number, at: number, length: number) =>
    ((Math.floor(i / heads) * length + at) * heads + (i % heads)) * d;

  async function step(held: readonly HeldCache[], rows: SequenceRows, q: Slot, at: number, length: number) {
    const requests = held.map((one, i): AttendRequest => {
      const start = placeOf(i, at, length);
      const row = (of: Float32Array) => of.subarray(start, start + d);
      const { k1, k2, v1, v2 } = rows;
      one.cache.append({ k1: row(k1), k2: k2 && row(k2), v1: row(v1), v2: v2 && row(v2) });
      const own: Slot = { offset: q.offset + start * arena.bytesPerNumber, length: d };
      return { q: own, d, scale, plan: one.cache.plan(arena.view(own)), precise };
    });
    const answers = await pool.attend(requests);
    held.forEach(({ cache }, i) => cache.observe?.(answers[i]));
    return answers;
  }

  function count(held: readonly HeldCache[], answers: readonly Answer[], last: boolean): void {
    for (const [i, one] of held.entries()) {
      const { resident, metadata } = one.bytes();
      tally.bytes += resident + metadata;
      if (last) tally.lastBytes += resident + metadata;
      if (one.cache.outOfRange?.(answers[i])) tally.outOfRange++;
    }
    tally.answers += held.length;
  }

  async function attend(rows: SequenceRows, layer: number, length: number): Promise<Float32Array> {
    const out = new Float32Array(rows.q.length);
    const windows = rows.q.length / (length * heads * d);
    if (layer === 0)
      [tally.windows, tally.positions] = [tally.windows + windows, tally.positions + windows * length];
    const q = arena.alloc(rows.q.length);
    arena.view(q).set(rows.q);
    const held = Array.from({ length: windows * heads }, (_, i) =>
      hold(layer, tally.windows - windows + Math.floor(i / heads), i % heads),
    );
    try {
      for (let at = 0; at < length; at++) {
        const answers = await step(held, rows, q, at, length);
        answers.forEach((answer, i) => {
          out.set(answer.output, placeOf(i, at, length));
          onAnswer?.(answer, layer, i % heads, at);
        });
        count(held, answers, at === length - 1);
      }
    } finally {
      for (const one of held) one.release();
      arena.free(q);
    }
    return out;
  }

  return {
    attend,
    held: () => ({
      meanBytes: tally.bytes / tally.positions,
      lastBytes: tally.lastBytes / tally.windows,
      outOfRange: tally.outOfRange / tally.answers,
    }),
  };
}
