import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { allowances, keptRows, selectingCache, sideBudgets, sizeWithin } from '../../operators/caches/kit.js';
import { defineCache, type Cache, type CacheParts, type CachePlugin, type CacheSpec } from '../core/cache.js';
import type { Plan } from '../core/plan.js';
import { checkCache } from './index.js';

const options = z.object({ size: sideBudgets.size, shift: z.int().min(0).default(0).describe('an option') });
type Options = z.output<typeof options>;
interface Change {
  readonly spec?: Partial<CacheSpec<typeof options>>;
  /** What an instance does otherwise. */
  readonly cache?: (good: Cache, parts: CacheParts) => Partial<Cache>;
  /** Tokens that each side keeps instead of those that it may keep. */
  readonly keeps?: (allowed: number) => number;
}

/** A window that keeps every law, but for one change. */
function windowWith({ spec, cache, keeps = (allowed) => allowed }: Change = {}): CachePlugin<typeof options> {
  return defineCache(
    {
      name: 'mine',
      summary: 'keep the last tokens',
      paper: null,
      options,
      exactness: 'heuristic',
      orders: ['tensor', 'matrix'],
      queryAware: false,
      appendOnly: false,
      selects: true,
      formulaText: '2·(kept1 + kept2)·d·b',
      formula: (input, { size }) => sizeWithin(input, { size }, { metadata: 0 }),
      covering: (n) => ({ size: n }),
      within: (bytes, { d, order }) => ({
        size: `${Math.max(bytes / (order === 'tensor' ? 2 : 1), 16 * d)}B`,
      }),
      ...spec,
    },
    ({ size }: Options, parts) => {
      const sides = allowances({ size }, { metadata: 0 }, parts).map((allowed) => {
        const kept = keptRows(parts, { allowed: (n) => keeps(allowed(n)), positions: 'implied' });
        return { kept, saved: kept, take: (entry: never) => void kept.put(entry, kept.oldest) };
      });
      const good = selectingCache(parts, sides);
      return { ...good, ...cache?.(good, parts) };
    },
  );
}

const settings = { options: [{ size: 5 }], effort: 'quick' } as const;

/** What one law has to say of a cache; null when it is kept. */
async function complaint(plugin: CachePlugin, law: string): Promise<string | null> {
  const checks = new Map<string, () => unknown>();
  checkCache(plugin, settings, (name, check) => checks.set(name, check));
  try {
    await checks.get(law)!();
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** The plan with the atoms of side 1 changed. */
function replan({ jobs }: Plan, change: (keys: object) => object): Plan {
  const [job] = jobs as unknown as { side1?: object; atoms?: object }[];
  const side = job.side1 ? 'side1' : 'atoms';
  return { jobs: [{ ...job, [side]: change(job[side]!) }] as never };
}

let calls = 0;
const BAD: Readonly<Record<string, readonly [law: string, found: RegExp, Change]>> = {
  'wrong bytes': [
    'L2 measured bytes = formula = ledger at every step',
    /step 0: resident bytes: \d+ instead of \d+/,
    {
      spec: {
        formula: (input, { size }) => ({ ...sizeWithin(input, { size }, { metadata: 0 }), residentBytes: 7 }),
      },
    },
  ],
  'an answer that depends on chance': [
    'L6 the same seed gives the same answers',
    /step \d+: lse: \d+ instead of \d+/,
    {
      cache: (good) => ({
        plan: (q) => ({ jobs: [{ ...good.plan(q).jobs[0], logScale: calls++ % 7 } as never] }),
      }),
    },
  ],
  'a budget that is not kept': [
    'L2 measured bytes = formula = ledger at every step',
    /resident bytes: \d+ instead of/,
    { keeps: (allowed) => 2 * allowed },
  ],
  'a budget in bytes that is too small for it': [
    'a budget in bytes is kept at every step',
    /step \d+: \d+ bytes with a budget of 64/,
    {},
  ],
  'a snapshot that forgets half of its state': [
    'a snapshot continues bit for bit in another instance',
    /restored/,
    {
      cache: (good) => ({
        snapshot: () => good.snapshot(),
        restore: (saved) =>
          good.restore({ ...saved, 'side1.kept.positions': [...saved['side1.kept.positions']].reverse() }),
      }),
    },
  ],
  'not a number': [
    'every answer is finite numbers from rows of the right shape',
    /step 0: the log of the denominator is NaN/,
    { cache: (good) => ({ plan: (q) => ({ jobs: [{ ...good.plan(q).jobs[0], logScale: NaN } as never] }) }) },
  ],
  'values of the wrong length': [
    'every answer is finite numbers from rows of the right shape',
    /step 0: side 1: numbers per value: \d+ instead of/,
    {
      cache: (good) => ({
        plan: (q) => replan(good.plan(q), (side) => ({ ...side, values: { width: 0, count: 1, spans: [] } })),
      }),
    },
  ],
  'an option that takes anything': [
    'bad options are refused with `bad-option`',
    /shift = .* was accepted/,
    { spec: { options: options.extend({ shift: z.any().describe('anything') }) as never } },
  ],
  'an option that pipeline files cannot say': [
    'the spec is complete: names, texts, described options, defaults',
    /an entry of a pipeline file has its own label/,
    { spec: { options: options.extend({ label: z.string().default('').describe('one') }) as never } },
  ],
  'an exactness that is not kept': [
    'L5 equals the float64 reference at every step',
    /step \d+: relative error/,
    { spec: { exactness: 'exact' } },
  ],
  'positions that were not kept': [
    'selects: exact attention over the tokens it says it keeps',
    /from attention over positions\(\)/,
    { cache: () => ({ positions: () => ({ side1: [0], side2: [0] }) }) },
  ],
};

describe('checkCache', () => {
  it('finds nothing in a cache that keeps the laws, and lists every law that another one breaks', async () => {
    await checkCache(windowWith({ spec: { within: () => null } }), settings);
    const all = checkCache(windowWith({ spec: { summary: '' } }), settings);
    await expect(all).rejects.toThrow(
      /^cache mine: 2 of \d+ laws broken\n\n.* "the spec .*\n\n.* "a budget in/s,
    );
  });

  it.each(Object.entries(BAD))('catches %s, by its law', async (_, [law, found, change]) => {
    const said = await complaint(windowWith(change), law);
    expect(said).toContain(`cache mine breaks the law "${law}"`);
    expect(said).toMatch(found);
    expect(said).toMatch(/\n {2}hint: \w.{40}/);
  });

  it('says of which options and which stream, the smallest that shows it', async () => {
    const said = await complaint(windowWith({ keeps: (allowed) => 2 * allowed }), BAD['wrong bytes'][0]);
    expect(said).toMatch(
      /found: step 5: .*\n {2}on the stream: d 1, n 6, .*order tensor.*\n {2}options: {"size":5,/,
    );
  });

  it('gives every law to a test function as a test of its own, with time enough', async () => {
    const tests: { name: string; check: () => unknown; ms?: number | undefined }[] = [];
    checkCache(windowWith(), settings, (name, check, ms) => tests.push({ name, check, ms }));
    expect(tests.length).toBeGreaterThan(9);
    const law = (start: string) => tests.find(({ name }) => name.startsWith(start))!;
    await law('L6').check();
    await expect(law('a budget in bytes').check()).rejects.toThrow('cache mine breaks the law');
    expect(law('L6').ms).toBeGreaterThan(5000);
  });

  it('refuses what is no cache', () => {
    expect(() => checkCache({} as never, {}, it)).toThrow('was given object, not a cache');
  });
});
