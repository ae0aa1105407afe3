import { describe, expect, it, vi } from 'vitest';
import type { ExactAnswer } from '../src/core/event.js';
import { attend } from './attend.js';
import { fourCache } from './caches/four-cache.js';
import { window } from './caches/window.js';
import { compare, distance } from './compare.js';
import { projected, stepByStep, testRun } from './testing/test-run.js';
import { updateCaches } from './update-caches.js';

const answer = (output: readonly number[], lse = 0): ExactAnswer => ({
  ...{ output: Float64Array.from(output), lse, weightNorm: NaN, maxScore: 0, scoreMean: 0, scoreStd: 0 },
  ...{ pairs: 1, rest: 0, flops: 0, attend_ns: 0, queue_ns: 0, valueNorm: 1 },
});

describe('distance', () => {
  it('is the four errors, by hand', () => {
    const { relL2, maxAbs, cos, logZ } = distance(answer([3, 0], 2), answer([0, 4], 2.5));
    expect([relL2, maxAbs, cos, logZ]).toEqual([5 / 4, 4, 1, -0.5]);
  });

  it.each([
    ['equal', [1, -2], [1, -2], [0, 0, 0]],
    ['both zero', [0, 0], [0, 0], [0, 0, NaN]], // no direction, so no cosine
    ['not zero, exact zero', [0, 2], [0, 0], [Infinity, 2, NaN]],
    ['zero, exact not', [0, 0], [0, 2], [1, 2, NaN]],
    ['opposite', [-1, 2], [1, -2], [2, 4, 2]],
    ['twice as long', [2, 4], [1, 2], [1, 2, 0]],
    ['tiny', [-1e-200, 0], [1e-200, 0], [0, 2e-200, NaN]], // squares underflow to zero
    ['huge and small', [1e-150, 0], [1e100, 0], [1, 1e100, 0]],
  ])('%s', (_, output, exact, [relL2, maxAbs, cos]) => {
    const error = distance(answer(output), answer(exact));
    expect(error.relL2).toBeCloseTo(relL2, 12);
    expect(error.maxAbs / (maxAbs || 1)).toBeCloseTo(maxAbs === 0 ? 0 : 1, 12);
    if (Number.isNaN(cos)) expect(error.cos).toBeNaN();
    else expect(error.cos).toBeCloseTo(cos, 12);
  });
});

describe('compare', () => {
  const caches = [
    { label: 'all', factory: fourCache() },
    { label: 'last', factory: window({ size: 1 }) },
  ];
  const decode = async (
    reference: 'f64' | 'none',
    always: boolean,
    prefill: number,
    recall = 0,
    together = false,
  ) => {
    const run = testRun({ caches, dtype: 'f32' });
    const asked = vi.spyOn(run.pool, 'attend');
    const exact = together ? { always, recall } : null;
    const tokens = Array.from({ length: 4 }, (_, i) => projected(run, i, { prefill: i < prefill }));
    const events = await stepByStep(tokens, (token) =>
      token.pipe(updateCaches(run), attend(run, { exact }), compare(run, { reference, always, recall })),
    );
    return { run, events, calls: asked.mock.calls.length };
  };

  it.each([
    [false, 0],
    [true, 3],
    [false, 3],
  ])('takes from `attend` what it would ask itself (always: %s, recall %i)', async (always, recall) => {
    const values = ({ events }: Awaited<ReturnType<typeof decode>>) =>
      JSON.stringify(
        events.map(({ exact, errors, answers }) => ({ exact, errors, answers })),
        (name, value: unknown) => (name.endsWith('_ns') ? 0 : value),
      );
    const [apart, together] = [
      await decode('f64', always, 2, recall),
      await decode('f64', always, 2, recall, true),
    ];
    expect(values(together)).toBe(values(apart));
    expect(apart.calls).toBe(always ? 2 + 4 : 2 + 2); // prefill tokens are not shown to these caches
    expect(together.calls).toBe(always ? 4 : 2);
  });

  it('finds the exact cache exact and the window not, head by head (L5)', async () => {
    const { events } = await decode('f64', false, 0);
    for (const { errors, exact, updates } of events.slice(1)) {
      expect(exact).toHaveLength(2);
      errors!.forEach(({ relL2, logZ }, i) => {
        if (updates[i].held.label === 'all') expect([relL2, logZ]).toEqual([0, 0]);
        else expect(relL2).toBeGreaterThan(1e-3);
      });
    }
    expect(events[3].exact!.map(({ pairs }) => pairs)).toEqual([16, 16]);
  });

  it('keeps an exact cache of its own, on its own accounts (L2)', async () => {
    const { run } = await decode('f64', false, 0);
    for (const head of [0, 1]) expect(run.ledger.used(`reference/0/0/${head}/resident`)).toBe(4 * 4 * 4 * 4);
  });

  it('takes the entries of prefill tokens, and answers them only when asked to', async () => {
    const quiet = (await decode('f64', false, 2)).events;
    expect(quiet.map(({ exact }) => exact === null)).toEqual([true, true, false, false]);
    expect(quiet.map(({ errors }) => errors === null)).toEqual([true, true, false, false]);
    expect(quiet[2].exact![0].pairs).toBe(9);
    const always = (await decode('f64', true, 2)).events;
    expect(always.map(({ exact }) => exact === null)).toEqual([false, false, false, false]);
    expect(always.map(({ errors }) => errors === null)).toEqual([true, true, false, false]);
  });

  it('measures lost mass of what selects, and which of the most attended tokens it holds', async () => {
    const { events } = await decode('f64', false, 0, 1);
    for (const { errors, exact, updates, answers } of events) {
      errors!.forEach(({ lostMass, recall, eps, l2 }, i) => {
        const { label, head } = updates[i].held;
        const { weightNorm, valueNorm, lse } = exact![head];
        expect(eps).toBe(l2 === 0 ? 0 : l2 / (weightNorm * valueNorm));
        expect(lostMass).toBeCloseTo(1 - Math.exp(answers![i].lse - lse), 9);
        if (label === 'all') expect([lostMass, recall]).toEqual([0, 1]);
        else expect([0, 0.5, 1]).toContain(recall); // one token a side: it is the most attended one, or not
      });
    }
    const last = events.flatMap(({ errors }) => errors!.map(({ recall }) => recall));
    expect(new Set(last).size).toBeGreaterThan(1);
    const quiet = await decode('f64', false, 0);
    expect(quiet.events[3].errors!.map(({ recall }) => recall)).toEqual([NaN, NaN, NaN, NaN]);
  });

  it('keeps and compares nothing without a reference', async () => {
    const { run, events } = await decode('none', true, 0);
    expect(events.every(({ exact, errors }) => exact === null && errors === null)).toBe(true);
    expect(run.ledger.used('reference/0/0/0/resident')).toBe(0);
  });
});
