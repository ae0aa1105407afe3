import { firstValueFrom, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { ExactAnswer, HasAnswers, HasErrors } from '../src/core/event.js';
import { addResidual } from './add-residual.js';
import { fourCache } from './caches/four-cache.js';
import { testRun, token } from './testing/test-run.js';

const answers = (...firsts: number[]) =>
  firsts.map((x) => ({ output: Float64Array.of(x, x + 1) }) as ExactAnswer);
const caches = ['first', 'second'].map((label) => ({ label, factory: fourCache() }));
const updates = testRun({ caches, d: 2 })
  .caches.at(0, 0)
  .map((held) => ({ held, update_ns: 0 }));
const x = Float32Array.of(1, 2, 3, 4);

const added = async (event: Omit<HasAnswers & HasErrors, 'errors'>) => {
  const before = { ...token(0), x, updates, errors: null, ...event };
  const after = await firstValueFrom(of(before).pipe(addResidual()));
  expect([...x]).toEqual([1, 2, 3, 4]); // the event of the layer above is not changed
  return [...after.x];
};

describe('addResidual', () => {
  it('is driven by the exact output of all heads, also where nothing was asked', async () => {
    const exact = answers(10, 20);
    expect(await added({ exact, answers: answers(1, 2, 3, 4) })).toEqual([11, 13, 23, 25]);
    expect(await added({ exact, answers: null })).toEqual([11, 13, 23, 25]);
  });

  it('is driven by the first cache without a reference', async () => {
    // head 0: first, second; head 1: first, second
    expect(await added({ exact: null, answers: answers(10, 99, 20, 99) })).toEqual([11, 13, 23, 25]);
  });

  it('refuses a prefill token without a reference: nothing is known to drive it', async () => {
    await expect(added({ exact: null, answers: null })).rejects.toThrow(RangeError);
  });
});
