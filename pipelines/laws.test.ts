import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../data/testing/folder.js';
import type { Order } from '../src/core/shape.js';
import type { StepRow } from '../src/core/trace.js';
import { everyCache } from './testing/every-cache.js';
import { ORDERS } from './testing/five-caches.js';
import { request, smallRun, type SmallRun } from './testing/small-run.js';

const TOKENS = 30;
const [HEADS, LAYERS, D] = [2, 2, 8];
type Named = [name: string, options?: Readonly<Record<string, unknown>>];
const named = (order: Order): Named[] => everyCache(order).map(({ name, options }) => [name, options]);
const EXACT = ['four-cache', 'four-cache-materialising', 'two-cache'];
/** Skipping starts after a whole block of 64 tokens, and one side has no pairs to pair up differently. */
const KEEPS_ALL = { tensor: ['skip'], matrix: ['skip', 'rank1'] };

const folder = temporaryFolder();
const path = join(folder.path, 'ids.txt');
const text = { name: 'ids', options: { path } };

beforeAll(() => writeFileSync(path, Array.from({ length: 60 }, (_, i) => (i * 7919) % 50_257).join(' ')));
afterAll(() => folder.remove());

const key = ({ stream_id, layer, head, cache, step }: Omit<StepRow, 'pos'>) =>
  [stream_id, layer, head, cache, step].join('/');

describe.each(ORDERS)('laws of a run in %s order', (order) => {
  const all = everyCache(order);
  let run: SmallRun;
  beforeAll(async () => {
    const model = { d: D, heads: HEADS, layers: LAYERS, order };
    run = await smallRun(request(text, model, named(order), { tokens: TOKENS }));
  });

  it('L1: every token gives exactly one row per cache and head', () => {
    const expected = [];
    for (let step = 0; step < TOKENS; step++)
      for (let layer = 0; layer < LAYERS; layer++)
        for (let head = 0; head < HEADS; head++)
          for (const { name } of all) expected.push([0, layer, head, name, step].join('/'));
    expect(run.steps.map(key)).toEqual(expected);
    expect(run.outputs.map((row) => key(row as never))).toEqual(expected);
    expect(run.steps.map(({ token_id }) => token_id)).toEqual(
      run.steps.map(({ step }) => (step * 7919) % 50_257),
    );
  });

  it('L2: charged − released = in use, and that is what the rows of the last step add up to', () => {
    const { charged, released, used, peak } = run.ledger.totals();
    expect(charged - released).toBe(used);
    expect(peak).toBeGreaterThanOrEqual(used);
    const last = run.steps.filter(({ step }) => step === TOKENS - 1);
    const held = last.reduce((sum, r) => sum + r.resident_bytes + r.metadata_bytes + r.scratch_bytes, 0);
    const sides = order === 'tensor' ? 4 : 2;
    const reference = sides * TOKENS * D * 4 * HEADS * LAYERS;
    expect(used).toBe(held + reference);
  });

  it('L2: the bytes of every exact cache are those of its formula, written out here', () => {
    const sides = order === 'tensor' ? 4 : 2;
    for (const row of run.steps) {
      if (!EXACT.includes(row.cache)) continue;
      const n = row.step + 1;
      const pairs = row.cache === 'two-cache' && order === 'tensor' ? 2 * n * n * D * 4 : 0;
      expect(row.resident_bytes).toBe(sides * n * D * 4 + pairs);
      expect(row.formula_bytes).toBe(row.resident_bytes);
    }
  });

  it('L3: read = processed', () => {
    expect({ read: run.read, processed: run.processed }).toEqual({ read: TOKENS, processed: TOKENS });
  });

  it('L5: four-cache = materialising = two-cache = float64 reference at every step', () => {
    const exact = run.steps.filter(({ cache }) => EXACT.includes(cache));
    expect(exact).toHaveLength(TOKENS * LAYERS * HEADS * 3);
    for (const row of exact) expect(row.err_rel_l2, key(row)).toBeLessThan(1e-6); // float32 products: 6e-8 each
  });

  it('every other cache does forget, or the laws above would be easy to keep', () => {
    expect(all.filter(({ exactness }) => exactness === 'exact').map(({ name }) => name)).toEqual(EXACT);
    for (const { name, exactness } of all) {
      if (exactness === 'exact' || KEEPS_ALL[order].includes(name)) continue;
      const errors = run.steps.filter(({ cache }) => cache === name).map(({ err_rel_l2 }) => err_rel_l2!);
      expect(Math.max(...errors), name).toBeGreaterThan(1e-4);
    }
  });
});

it('L7: nothing is read ahead, however slow the sink is', async () => {
  let [read, started, ahead] = [0, 0, 0];
  const model = { d: 4, heads: 1, layers: 1 };
  await smallRun(request(text, model, [['window']], { tokens: 15 }), {
    onRead: (count) => {
      read = count;
      ahead = Math.max(ahead, read - started);
    },
    async onWrite() {
      for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
      started++; // one batch a step
    },
  });
  expect({ read, started, ahead }).toEqual({ read: 15, started: 15, ahead: 1 });
});

describe('--prompt', () => {
  const prompt = 7;
  const values = ({ steps, outputs }: SmallRun) => [
    steps.filter(({ step }) => step >= prompt).map((row) => ({ ...row, prefill: null })),
    outputs.filter(({ step }) => step >= prompt),
  ];

  it.each([
    ['1 layer', 1, 'f64'],
    ['1 layer, no reference', 1, 'none'],
    ['2 layers', 2, 'f64'],
  ] as const)('answers nothing in the prompt and the same after it: %s', async (_, layers, reference) => {
    const model = { d: D, heads: HEADS, layers };
    const caches = named('tensor');
    const whole = await smallRun(request(text, model, caches, { tokens: TOKENS, reference }));
    const split = await smallRun(request(text, model, caches, { tokens: TOKENS, reference, prompt }));
    expect(split.steps.map(key)).toEqual(whole.steps.map(key)); // L1 holds for prompts too
    expect(split.outputs).toHaveLength((TOKENS - prompt) * HEADS * layers * caches.length);
    expect(values(split)).toEqual(values(whole));
    for (const row of split.steps) expect(row.prefill).toBe(row.step < prompt);
    for (const row of split.steps.filter(({ step }) => step < prompt)) {
      const answer = [row.pairs_scored, row.flops, row.err_rel_l2, row.err_max_abs, row.err_cos];
      expect([...answer, row.logz_err, row.max_score, row.lse]).toEqual(Array(8).fill(null));
      expect(row.resident_bytes).toBeGreaterThan(0);
    }
  });
});

describe('--reference none', () => {
  it('leaves every error null and keeps no exact cache', async () => {
    const asked = request(text, { d: D, heads: 1 }, [['window', { size: 6 }]], { tokens: TOKENS });
    const run = await smallRun({ ...asked, reference: 'none' });
    for (const row of run.steps) {
      const errors = [row.err_rel_l2, row.err_max_abs, row.err_cos, row.logz_err, row.score_std];
      expect([...errors, row.reference_ns]).toEqual(Array(6).fill(null));
      expect(row.lse).not.toBeNull();
    }
    expect(run.ledger.used()).toBe(4 * 6 * D * 4);
  });

  it('drives deeper layers by the first cache: an exact one gives what the reference gives', async () => {
    const model = { d: D, heads: HEADS, layers: 2 };
    const two = async (first: string, reference: 'f64' | 'none') => {
      const caches: Named[] =
        first === 'window' ? [['window', { size: 3 }], ['four-cache']] : [['four-cache']];
      const asked = request(text, model, caches, { tokens: TOKENS, reference });
      const { outputs } = await smallRun(asked);
      return outputs.filter(({ cache, layer }) => cache === 'four-cache' && layer === 1);
    };
    expect(await two('four-cache', 'none')).toEqual(await two('four-cache', 'f64'));
    expect(await two('window', 'f64')).toEqual(await two('four-cache', 'f64'));
    const driven = await two('window', 'none');
    const exact = await two('four-cache', 'none');
    expect(driven.slice(-1)).not.toEqual(exact.slice(-1));
    expect(driven.slice(0, 2)).toEqual(exact.slice(0, 2)); // a window of 3 is exact for three tokens
  });
});
