import { describe, expect, it } from 'vitest';
import { caches } from '../../operators/caches/index.js';
import type { CachePlugin } from '../../src/core/cache.js';
import { allocate, type AllocatedShape } from './allocate.js';
import { POLICY_NAMES, type PolicyName } from './policies.js';
import type { HeadAllocation } from './schema.js';

const SHAPE: AllocatedShape = { layers: 3, heads: 2, d: 5, order: 'tensor', bytesPerNumber: 4 };
const SPREAD = [
  [1, 9],
  [4, 4],
  [30, 2.5],
];
const budgeted = caches.filter(({ spec }) => spec.within !== undefined);
const named = (name: string): CachePlugin => budgeted.find(({ spec }) => spec.name === name)!;

interface Asked {
  readonly bytes: number;
  readonly at?: number | null;
  readonly beta?: number;
}

const shared = (plugin: CachePlugin, policy: PolicyName, { at = null, ...asked }: Asked, shape = SHAPE) => {
  const told = policy === 'spread' ? { calibration: 'rec' } : {};
  return allocate(plugin, {}, { policy, at, ...asked, ...told }, shape, policy === 'spread' ? SPREAD : null);
};
type Heads = readonly (readonly HeadAllocation[])[];
const bytesOf = (heads: Heads) => heads.flat().map(({ bytes }) => bytes);
const sum = (all: readonly number[]) => all.reduce((total, one) => total + one, 0);

describe.each(budgeted.map((plugin) => [plugin.spec.name, plugin] as const))(
  'a budget for %s',
  (_, plugin) => {
    const { spec } = plugin;
    const sizeAt = (options: HeadAllocation['options'], n: number) =>
      plugin(options).formula({ ...SHAPE, n, census: null });

    it('is never exceeded, in what is given and in what is held', () => {
      for (const policy of POLICY_NAMES)
        for (const [bytes, at] of [
          [30_000, null],
          [50_001, 7],
          [300_000, 100],
        ] as const) {
          const heads = shared(plugin, policy, { bytes, at });
          expect(sum(bytesOf(heads))).toBeLessThanOrEqual(bytes);
          for (const { bytes: most, options } of spec.readsPart ? [] : heads.flat()) {
            const { residentBytes, metadataBytes } = sizeAt(options, 100_000);
            expect(residentBytes + metadataBytes).toBeLessThanOrEqual(most);
          }
        }
    });

    it('that covers everything gives every head what it takes for so many tokens, and no more', () => {
      const n = 50;
      for (const policy of POLICY_NAMES) {
        const given = new Set(bytesOf(shared(plugin, policy, { bytes: 2 ** 40, at: n })));
        expect(given.size).toBe(1);
        const [most] = given;
        const [[{ options }]] = shared(plugin, policy, { bytes: 6 * most, at: n });
        expect(sizeAt(options, n)).toEqual(sizeAt(plugin(spec.within!(2 ** 40, SHAPE)!).options, n));
        const [[{ bytes }]] = shared(plugin, 'uniform', { bytes: 6 * most - 6, at: n });
        expect(bytes).toBe(most - 1);
      }
    });

    it('is refused where it is too small for a head, with the least that works', () => {
      const refusal = (bytes: number) => {
        try {
          shared(plugin, 'pyramid', { bytes });
        } catch (error) {
          return error as { readonly code: string; readonly hint: string };
        }
        return null;
      };
      const failure = refusal(6);
      expect(failure).toMatchObject({
        code: 'bad-option',
        what: expect.stringContaining(`cache ${spec.name} needs`),
      });
      const least = Number(/the least that works is (\d+) B/.exec(failure!.hint)?.[1]);
      expect(refusal(least)).toBeNull();
      expect(refusal(least - 1)).not.toBeNull();
    });
  },
);

describe('uniform', () => {
  it('gives each head the options that a comparison gives for its share', () => {
    const heads = shared(named('window'), 'uniform', { bytes: 6 * 4096 });
    expect(heads.flat().every(({ bytes }) => bytes === 4096)).toBe(true);
    expect(heads[2][1].options).toEqual(named('window')(named('window').spec.within!(4096, SHAPE)!).options);
  });
});

describe('pyramid', () => {
  it('falls along a line to 1/β of the mean, the same for all heads of a layer', () => {
    const heads = shared(named('window'), 'pyramid', { bytes: 6 * 4000, beta: 4 });
    expect(bytesOf(heads)).toEqual([6000, 6000, 4000, 4000, 2000, 2000]); // in the middles of thirds of 7000 … 1000
    const steep = bytesOf(shared(named('window'), 'pyramid', { bytes: 6 * 4000 }));
    expect([steep[0], steep[2], steep[4]]).toEqual([6533, 4000, 1466]); // β = 20, as its authors have it
  });

  it('leaves the last of few layers enough to work with, and follows the paper where there are many', () => {
    const lastOf = (layers: number) => {
      const heads = shared(
        named('window'),
        'pyramid',
        { bytes: layers * 8000 },
        { ...SHAPE, layers, heads: 1 },
      );
      return bytesOf(heads).at(-1)! / 8000;
    };
    expect(lastOf(2)).toBeCloseTo(0.525, 3);
    expect(lastOf(32)).toBeCloseTo(1 / 20 + 1.9 / 64, 3); // the paper: 1/20 + 1.9/32
  });

  it('never rises from a layer to the next, whatever is cut off at either end', () => {
    for (const layers of [1, 2, 7])
      for (const [bytes, at] of [
        [4000, null],
        [9000, 12],
        [20_000, 30],
        [40_000, null],
      ] as const) {
        const heads = shared(named('window'), 'pyramid', { bytes, at }, { ...SHAPE, layers });
        const firsts = heads.map(([{ bytes: first }]) => first);
        expect(firsts).toEqual([...firsts].sort((a, b) => b - a));
      }
  });

  it('is uniform for β = 1 and for a single layer', () => {
    for (const [beta, layers] of [
      [1, 3],
      [20, 1],
    ]) {
      const heads = shared(named('window'), 'pyramid', { bytes: 60_000, beta }, { ...SHAPE, layers });
      expect(new Set(bytesOf(heads)).size).toBe(1);
    }
  });
});

describe('spread', () => {
  it('gives in proportion to what was measured, and says what that was', () => {
    const heads = shared(named('window'), 'spread', { bytes: 50_500 });
    expect(bytesOf(heads)).toEqual([1000, 9000, 4000, 4000, 30_000, 2500]);
    expect(heads.map((row) => row.map(({ spread }) => spread))).toEqual(SPREAD);
  });
});

describe('allocate refuses', () => {
  const tova = named('tova');
  it.each([
    ['a cache without a budget', caches[0], {}, { policy: 'uniform' }, /four-cache has no budget/],
    ['a size besides', tova, { size: 8 }, { policy: 'uniform' }, /tova: size and an allocation/],
    ['beta for uniform', tova, {}, { policy: 'uniform', beta: 2 }, /only pyramid has one/],
    ['a recording for pyramid', tova, {}, { policy: 'pyramid', calibration: 'r' }, /it measures nothing/],
    ['spread without a recording', tova, {}, { policy: 'spread' }, /calibration is missing/],
  ] as const)('%s', (_, plugin, options, asked, says) => {
    expect(() => allocate(plugin, options, { bytes: 60_000, at: null, ...asked }, SHAPE)).toThrow(says);
  });
});
