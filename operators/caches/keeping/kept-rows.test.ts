import { describe, expect, it } from 'vitest';
import type { CacheParts } from '../../../src/core/cache.js';
import type { Purpose } from '../../../src/core/memory.js';
import { randomStream } from '../../../src/core/random.js';
import { SharedArena } from '../../../workers/index.js';
import { keptRows, type Keeping } from './kept-rows.js';

const bytes: Record<Purpose, number> = { resident: 0, metadata: 0, scratch: 0 };

function make(keeping: Keeping, dtype: 'f32' | 'f64' = 'f64') {
  for (const purpose of Object.keys(bytes)) bytes[purpose as Purpose] = 0;
  const arena = SharedArena.create(dtype);
  const parts: CacheParts = {
    ...{ d: 1, order: 'matrix', scale: 1, bytesPerNumber: arena.bytesPerNumber, random: randomStream(1) },
    rows: (width, purpose = 'resident') => arena.rows(width, (more) => void (bytes[purpose] += more)),
  };
  return keptRows(parts, keeping);
}

const entry = (x: number) => ({ k: Float64Array.of(x), v: Float64Array.of(10 * x) });

describe('slots', () => {
  it('grow while the side may, then go to the token that the cache names', () => {
    const kept = make({ allowed: () => 3, positions: 'implied' });
    const slots = [0, 1, 2, 3, 4].map((x) => kept.put(entry(x), () => (x === 3 ? 1 : 0)));
    expect(slots).toEqual([0, 1, 2, 1, 0]);
    expect(kept.positions()).toEqual([4, 3, 2]);
    expect([0, 1, 2].map((slot) => [kept.keys.read(slot)[0], kept.values.read(slot)[0]])).toEqual([
      [4, 40],
      [3, 30],
      [2, 20],
    ]);
    expect([kept.seen(), kept.kept(), kept.evicted()]).toEqual([5, 3, 2]);
  });

  it('grow again when a share allows one more', () => {
    const kept = make({ allowed: (n) => Math.max(1, Math.floor(n / 2)), positions: 'implied' });
    const after = [0, 1, 2, 3, 4, 5].map((x) => {
      kept.put(entry(x), kept.oldest);
      return [...kept.positions()].sort();
    });
    expect(after).toEqual([[0], [1], [2], [2, 3], [3, 4], [3, 4, 5]]);
  });

  it('tell who leaves while its rows can still be read', () => {
    const kept = make({ allowed: () => 1, positions: 'implied' });
    const left: number[] = [];
    kept.onEvict((slot) => left.push(kept.keys.read(slot)[0]));
    for (const x of [7, 8, 9]) kept.put(entry(x), () => 0);
    expect(left).toEqual([7, 8]);
  });
});

it('the oldest may be asked for beyond the first slots', () => {
  const kept = make({ allowed: () => 3, positions: 'implied' });
  for (let x = 0; x < 3; x++) kept.put(entry(x), kept.oldest);
  expect([kept.oldest(), kept.oldest(1), kept.oldest(2)]).toEqual([0, 1, 2]);
  kept.put(entry(3), () => kept.oldest(1));
  expect([kept.oldest(), kept.oldest(1)]).toEqual([0, 2]);
});

it('a token that is passed over has a position, but was not evicted', () => {
  const kept = make({ allowed: () => 2, positions: 'implied' });
  kept.put(entry(0), kept.oldest);
  kept.skip();
  kept.put(entry(2), kept.oldest);
  expect(kept.positions()).toEqual([0, 2]);
  expect([kept.seen(), kept.evicted()]).toEqual([3, 0]);
});

describe('positions', () => {
  it('cost a number of metadata per atom, and only if the cache chooses by them', () => {
    const [free, charged] = (['implied', 'metadata'] as const).map((positions) => {
      const kept = make({ allowed: () => 2, positions });
      for (let x = 0; x < 5; x++) kept.put(entry(x), kept.oldest);
      expect(kept.order?.get(0) ?? null).toBe(positions === 'metadata' ? 4 : null);
      return bytes.metadata;
    });
    expect([free, charged]).toEqual([0, 16]);
  });

  it('are refused where float32 cannot tell them apart', () => {
    for (const [positions, dtype, refused] of [
      ['metadata', 'f32', true],
      ['metadata', 'f64', false],
      ['implied', 'f32', false],
    ] as const) {
      const kept = make({ allowed: () => 1, positions }, dtype);
      kept.put(entry(0), () => 0);
      kept.restore({ ...kept.snapshot(), 'stream.numbers': [2 ** 24 - 1, 0] });
      kept.put(entry(1), () => 0);
      expect(kept.position(0)).toBe(2 ** 24 - 1);
      const next = () => kept.put(entry(2), () => 0);
      if (refused) expect(next).toThrow(expect.objectContaining({ code: 'bad-input' }) as Error);
      else expect(next).not.toThrow();
    }
  });
});
