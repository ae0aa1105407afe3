import { describe, expect, it } from 'vitest';
import { failureOf } from '../../data/sources/testing/bytes.js';
import { caches } from '../../operators/caches/index.js';
import { checkBudget } from '../check-budget.js';
import { estimateRun } from '../estimate.js';
import { resolveRun, type RunRequest } from '../resolve.js';
import { request, smallRun } from '../testing/small-run.js';
import type { AllocationRequest } from './schema.js';

const [LAYERS, HEADS, D, N] = [2, 2, 4, 24];
const MODEL = { d: D, heads: HEADS, layers: LAYERS, order: 'tensor' } as const;
const EXACT = LAYERS * HEADS * N * 4 * D * 4; // bytes of four rows a token in float32
const source = { name: 'gaussian', options: { n: N, ...MODEL } };
const ask = (more: Partial<RunRequest>) => request(source, {}, [['window']], more);
const allocated = (allocation: AllocationRequest, more: Partial<RunRequest> = {}) =>
  ask({ caches: [{ name: 'window', label: 'w', options: {}, allocation }], ...more });
async function* nothing(): AsyncGenerator<Uint8Array> {}

describe('a run with an allocation', () => {
  it('uniform is the run with that size for every head, bit for bit', async () => {
    const shared = await smallRun(allocated({ policy: 'uniform', bytes: 4 * 640, at: null }));
    const alone = await smallRun(
      ask({ caches: [{ name: 'window', label: 'w', options: { size: '320B' } }] }),
    );
    expect(shared.steps).toEqual(alone.steps);
    expect(shared.outputs).toEqual(alone.outputs);
    expect(shared.steps.some(({ err_rel_l2 }) => err_rel_l2! > 1e-3)).toBe(true);
  });

  it.each(['uniform', 'pyramid'] as const)(
    '%s is exact where the budget covers everything',
    async (policy) => {
      const { steps } = await smallRun(allocated({ policy, bytes: EXACT, at: N }));
      expect(steps).toHaveLength(N * LAYERS * HEADS);
      for (const { err_rel_l2 } of steps) expect(err_rel_l2).toBeLessThan(1e-5);
      const short = await smallRun(allocated({ policy, bytes: EXACT / 2, at: N }));
      expect(short.steps.some(({ err_rel_l2 }) => err_rel_l2! > 1e-3)).toBe(true);
    },
  );

  it('shows in the bytes of every row what its layer and head were given, never more, never in all', async () => {
    const asked = allocated({ policy: 'pyramid', bytes: 3000, at: null, beta: 3 });
    const { config } = await resolveRun(asked, nothing());
    const { heads } = config.caches[0].allocation!;
    const { steps } = await smallRun(asked);
    const [atoms, last] = [2 * D * 4, new Map<string, number>()];
    for (const { layer, head, resident_bytes, metadata_bytes } of steps) {
      expect(resident_bytes + metadata_bytes).toBeLessThanOrEqual(heads![layer][head].bytes);
      last.set(`${layer}/${head}`, resident_bytes);
    }
    heads!.forEach((row, layer) =>
      row.forEach(({ bytes }, head) => {
        expect(last.get(`${layer}/${head}`)).toBe(2 * atoms * Math.floor(bytes / 2 / atoms));
      }),
    );
    expect(heads![0][0].bytes).toBeGreaterThan(heads![1][0].bytes);
    expect([...last.values()].reduce((sum, bytes) => sum + bytes, 0)).toBeLessThanOrEqual(3000);
  });

  it('is written down so that the run runs again: the same heads, the same rows, nothing shared out again', async () => {
    const asked = allocated({ policy: 'pyramid', bytes: 3000, at: N, beta: 3 });
    const { config } = await resolveRun(asked, nothing());
    const again = await resolveRun(config, nothing());
    expect(again.config).toEqual(config);
    expect((await smallRun(config)).steps).toEqual((await smallRun(asked)).steps);
    const [cache] = config.caches;
    const heads = cache.allocation!.heads!.map((row) =>
      row.map(() => ({ bytes: 200, options: { size: 1 } })),
    );
    const other = { ...cache, allocation: { ...cache.allocation!, heads } };
    expect((await smallRun({ ...config, caches: [other] })).steps).not.toEqual((await smallRun(asked)).steps);
  });

  it('is planned and estimated by what each head was given', async () => {
    const asked = allocated({ policy: 'pyramid', bytes: 3000, at: null, beta: 3 }, { reference: 'none' });
    const resolved = await resolveRun(asked, nothing());
    const { steps } = await smallRun(asked);
    const held = steps.slice(-LAYERS * HEADS).reduce((sum, row) => sum + row.resident_bytes, 0);
    const {
      caches: [estimate],
    } = await estimateRun(resolved);
    expect(estimate.resident_bytes).toBe(held);
    const question = {
      ...{ shape: { ...MODEL, scale: 1 }, caches: resolved.caches, reference: null, bytesPerNumber: 4 },
      lengths: (n: number) => [{ n, streams: 1 }],
    };
    expect(() => checkBudget({ ...question, budget: held }, N)).not.toThrow();
    expect(() => checkBudget({ ...question, budget: held - 1 }, N)).toThrow(/w would take/);
  });

  it('runs every cache that has a budget under every allocation, the others once', async () => {
    const alike = { policy: 'pyramid', bytes: 4096 } as const;
    const allocate = [
      { policy: 'uniform', bytes: 4096, at: null },
      { ...alike, at: null },
      { ...alike, at: 256, beta: 3 },
    ] as const;
    const names = [
      { name: 'four-cache', options: {} },
      { name: 'window', options: {} },
    ];
    const { config } = await resolveRun(ask({ caches: names, allocate }), nothing());
    expect(config.caches.map(({ label }) => label)).toEqual([
      'four-cache',
      'window@uniform:4KiB',
      'window@pyramid:4KiB',
      'window@pyramid:4KiB@256,beta=3',
    ]);
    expect(config).not.toHaveProperty('allocate');
  });
});

describe('a run with an allocation is refused', () => {
  const first = { bytes: 100, options: { size: 1 } };
  const grid = (layers: number, heads: number, head = first) =>
    Array.from({ length: layers }, () => Array.from({ length: heads }, () => head));
  const allocation = { policy: 'uniform', bytes: 4000, at: null } as const;
  const told = (heads: ReturnType<typeof grid>) => [
    { name: 'window', options: {}, allocation: { ...allocation, heads } },
  ];
  it.each([
    [
      'by caches without a budget',
      { caches: [{ name: caches[0].spec.name, options: {} }], allocate: [allocation] },
      /none of the caches has a budget/,
    ],
    [
      'by heads of another model',
      { caches: told(grid(2, 3)) },
      /for 2 layers of 3 heads, the model has 2 of 2/,
    ],
    [
      'by heads that are more than the budget',
      { caches: told(grid(2, 2, { ...first, bytes: 1001 })) },
      /4004 B together, over the budget of 4000 B/,
    ],
    [
      'by a head that comes to hold more than its bytes',
      { caches: told(grid(2, 2, { ...first, bytes: 63 })) },
      /a head of 63 B comes to hold 64 B/,
    ],
    [
      'by too few bytes',
      { caches: [{ name: 'window', options: {}, allocation: { ...allocation, bytes: 255 } }] },
      /needs at least 64 B a head/,
    ],
  ] as const)('%s', async (_, more, says) => {
    const failure = await failureOf(() => resolveRun(ask(more as Partial<RunRequest>), nothing()));
    expect(failure).toMatchObject({ code: 'bad-option', what: expect.stringMatching(says) });
  });
});
