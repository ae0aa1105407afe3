import { describe, expect, it } from 'vitest';
import { caches } from '../operators/caches/index.js';
import { fourCache } from '../operators/caches/four-cache.js';
import { twoCache } from '../operators/caches/two-cache.js';
import { window } from '../operators/caches/window.js';
import { decodingThreshold, indexWeights, type IndexStream } from '../src/bounds/index-output.js';
import type { CacheFactory, Snapshot } from '../src/core/cache.js';
import { Failure } from '../src/core/failure.js';
import { inlinePool, SharedArena } from '../workers/index.js';
import { playIndexGame, type IndexGame, type IndexGameResult } from './index-game.js';
import { drawInstance } from './index-game/instance.js';
import { takeSeat } from './index-game/player.js';

const arena = SharedArena.create();
const table = { arena, pool: inlinePool(arena) };

function play(
  factories: Readonly<Record<string, CacheFactory>>,
  rest: Partial<IndexGame> = {},
): Promise<IndexGameResult> {
  const named = Object.entries(factories).map(([label, factory]) => ({ label, factory }));
  const game: IndexGame = {
    ...{ streams: 'four', n: 32, d: { perLn: 4 }, caches: named, seed: 1, bits: null, indices: null },
    ...rest,
  };
  return playIndexGame(game, table);
}

describe('exact caches', () => {
  it.each([16, 64, 128])('give every bit back on four streams at d = 4·ln N, n = %d', async (n) => {
    const { scores, guaranteed } = await play({ 'four-cache': fourCache() }, { n, indices: Math.min(n, 40) });
    expect(scores[0]).toMatchObject({ recovery: 1, bit_error: 0, information: 1, above_diagonal: false });
    expect(guaranteed).toBe(1);
  });

  it.each([4, 8, 24])('give every bit back on n² free triples, n = %d', async (n) => {
    const both = { 'four-cache': fourCache(), 'two-cache': twoCache() };
    const { scores, rows } = await play(both, { streams: 'two', n, indices: Math.min(n * n, 60) });
    expect(rows).toBe(n * n);
    for (const score of scores) expect(score).toMatchObject({ recovery: 1, above_diagonal: false });
  });

  it.each(['four', 'two'] as const)('lose bits of %s streams at d = ln N, the control', async (streams) => {
    const n = streams === 'four' ? 256 : 16;
    const { control } = await play({}, { streams, n, indices: 40 });
    expect(control.d).toBe(Math.floor(Math.log(256)));
    expect(control.recovery).toBeGreaterThan(0.8);
    expect(control.recovery).toBeLessThan(0.97);
  });

  it('send one bit a value: keys are public, and float32 zeros and ones need no more', async () => {
    const { scores, rows, d } = await play(
      { 'four-cache': fourCache(), 'two-cache': twoCache() },
      { n: 64, indices: 8 },
    );
    const [four, two] = scores;
    expect(four.message_bits).toBeGreaterThanOrEqual(rows * d);
    expect(four.message_share).toBeLessThan(1.15);
    expect(four.kept_bits).toBe(4 * 64 * d * 32);
    expect(two.message_bits).toBeGreaterThanOrEqual(65 * rows * d); // the products as well as v1
    expect(two.recovery).toBe(1);
  });
});

describe('the output', () => {
  it.each(['four', 'two'] as const)('of an exact cache is the closed form, %s streams', async (stream) => {
    const instance = drawInstance(stream, stream === 'four' ? 48 : 7, 20, 5);
    const player = takeSeat(table, { label: 'exact', factory: fourCache() }, instance, 5);
    await player.stream(instance.bits);
    player.appendZero();
    for (const i of [0, 7, instance.rows - 1]) {
      const { output, lse } = await player.ask(instance.queries[i]);
      const scores = instance.keys.map((key) =>
        key.reduce((sum, x, t) => sum + x * instance.queries[i][t], 0),
      );
      const { weights, zero } = indexWeights(scores, stream);
      output.forEach((o, j) => {
        const formula = instance.bits.reduce((sum, row, a) => sum + weights[a] * row[j], 0);
        expect(Math.abs(o - formula)).toBeLessThan(1e-6);
      });
      const pairs = stream === 'four' ? 2 * 48 + 1 : 1;
      expect(Math.abs(pairs * Math.exp(-lse) - zero)).toBeLessThan(1e-6);
      expect(decodingThreshold(zero)).toBeLessThan(0.5);
    }
    player.release();
  });
});

describe('a window', () => {
  it.each([0.75, 0.5, 0.25])('of a share of %d of the rows follows e = (1 − f)/2', async (share) => {
    const n = 96;
    const size = share * n;
    const { scores } = await play({ window: window({ size }) }, { n, d: { exactly: 48 } });
    const kept = (size - 1) / n; // the token that asks takes a place
    expect(Math.abs(scores[0].bit_error - (1 - kept) / 2)).toBeLessThan(0.02);
    expect(Math.abs(scores[0].message_share - share)).toBeLessThan(0.04);
    expect(scores[0].bit_error).toBeGreaterThan(scores[0].least_error);
    expect(scores[0].above_diagonal).toBe(false);
  });
});

describe('no cache gets more bits across than were sent', () => {
  const playable = (stream: IndexStream) =>
    caches
      .filter(({ spec }) => spec.options.safeParse({}).success)
      .filter(({ spec }) => spec.orders.includes(stream === 'four' ? 'tensor' : 'matrix'))
      .map((plugin) => [plugin.spec.name, plugin({})] as const);
  const cases = (['four', 'two'] as const).flatMap((stream) =>
    playable(stream).map(([name, factory]) => [name, stream, factory] as const),
  );

  it.each(cases)('%s, %s streams', async (name, streams, factory) => {
    for (const bits of [null, 1, 4]) {
      const n = streams === 'four' ? 24 : 5;
      const { scores } = await play({ [name]: factory }, { streams, n, d: { exactly: 16 }, bits });
      expect(scores[0], `${bits} bits`).toMatchObject({ above_diagonal: false });
      expect(scores[0].information).toBeGreaterThanOrEqual(0);
    }
  });
});

describe('honest play', () => {
  it('lets the query token take its place: a window of one row recovers nothing', async () => {
    const { scores } = await play({ window: window({ size: 1 }) }, { n: 2, d: { exactly: 200 } });
    expect(scores[0].bit_error).toBeGreaterThan(0.4); // without that token the last row would be seen: 1/4
  });

  it('finds out a cache that gets bits across beside its state', async () => {
    const { scores } = await play({ cheat: passingNotes() }, { d: { exactly: 32 } });
    expect(scores[0]).toMatchObject({ recovery: 1, message_bits: 0, above_diagonal: true });
  });

  it('draws other keys and bits for another seed, stream or dimension', () => {
    const first = drawInstance('four', 9, 8, 1);
    expect(drawInstance('four', 9, 8, 1)).toEqual(first);
    for (const other of [
      drawInstance('four', 9, 8, 2),
      drawInstance('two', 3, 8, 1),
      drawInstance('four', 9, 9, 1),
    ]) {
      expect(other.keys[0].slice(0, 8)).not.toEqual(first.keys[0]);
      expect(other.bits).not.toEqual(first.bits);
    }
  });
});

/** An exact cache that sends nothing and remembers everything behind the game's back. */
function passingNotes(): CacheFactory {
  const honest = fourCache();
  let note: Snapshot = {};
  return {
    ...honest,
    create(parts) {
      const cache = honest.create(parts);
      const snapshot = () => {
        note = cache.snapshot();
        return {};
      };
      return { ...cache, snapshot, restore: () => cache.restore(note) };
    },
  };
}

describe('a game', () => {
  it('is the same again with the same seed, and another one with another', async () => {
    const once = await play({ window: window({ size: 8 }) });
    expect(await play({ window: window({ size: 8 }) })).toEqual(once);
    expect(await play({ window: window({ size: 8 }) }, { seed: 2 })).not.toEqual(once);
  });

  it.each<[string, Partial<IndexGame>, RegExp]>([
    ['n = 1', { n: 1 }, /^n = 1: must be at least 2/],
    ['n = 2.5', { n: 2.5 }, /^n = 2\.5/],
    ['too many rows', { n: 5000, streams: 'two' }, /^n = 5000: must be at most 1048576 rows/],
    ['d = 1', { d: { exactly: 1 } }, /^d = 1: must be a whole number from 2 to 256/],
    ['d-per-ln = 0', { d: { perLn: 0 } }, /^d-per-ln = 0: must be above 0/],
    ['d-per-ln that gives too much', { d: { perLn: 100 } }, /gives 346 at N = 32/],
    ['indices = 0', { indices: 0 }, /^indices = 0: must be 1 to N = 32/],
    ['indices > N', { indices: 33 }, /^indices = 33/],
    ['bits = 33', { bits: 33 }, /^bits = 33: must be a whole number from 1 to 32/],
  ])('refuses %s', async (_, rest, words) => {
    const failure = await play({ 'four-cache': fourCache() }, rest).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Failure);
    expect((failure as Failure).code).toBe('bad-option');
    expect((failure as Failure).what).toMatch(words);
  });

  it('refuses a cache that is not defined for the order of the streams', async () => {
    const only = window({ size: 4 });
    const factory = { ...only, spec: { ...only.spec, orders: ['tensor'] as const } };
    const failure = await play({ narrow: factory }, { streams: 'two' }).catch((error: unknown) => error);
    expect((failure as Failure).what).toMatch(/cache narrow: order = matrix .* only for tensor/);
    expect((failure as Failure).hint).toMatch(/--streams four/);
  });

  it('refuses a cache that cannot fit, with its formula, before it allocates', async () => {
    const before = arena.reservedBytes;
    const failure = await play({ 'two-cache': twoCache() }, { n: 20_000 }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'out-of-memory' });
    expect((failure as Failure).what).toMatch(/2·n²·d/);
    expect(arena.reservedBytes).toBe(before);
  });
});
