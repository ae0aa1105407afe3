import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineCache } from '../src/core/cache.js';
import { attend } from './attend.js';
import { fourCache } from './caches/four-cache.js';
import { window } from './caches/window.js';
import { certify } from './certify.js';
import { projected, stepByStep, testRun } from './testing/test-run.js';
import { updateCaches } from './update-caches.js';

/** A window that claims and certifies made-up numbers, and notes what it was told. */
const promising = defineCache(
  {
    ...window.spec,
    within: undefined,
    name: 'promising',
    options: z.object({}),
    claimedEps: ({ n }: { n: number }) => n / 8,
  } as never,
  (_, parts) => {
    const { create } = window({ size: 2 });
    const cache = create(parts);
    const outOfRange = () => (cache.census().evicted1 > 0 ? 'too many tokens' : null);
    return { ...cache, outOfRange, certify: ({ lse, pairs }) => pairs + 0 * lse };
  },
);

describe('certify', () => {
  it('adds what each cache promises of its answer, and nothing for a token of the prompt', async () => {
    const caches = [
      { label: 'all', factory: fourCache() },
      { label: 'promising', factory: promising() },
    ];
    const run = testRun({ caches, heads: 1 });
    const tokens = [0, 1, 2, 3].map((i) => projected(run, i, { prefill: i === 0 }));
    const events = await stepByStep(tokens, (token) =>
      token.pipe(updateCaches(run), attend(run), certify(run)),
    );
    const nothing = { certificate: null, claimedEps: null, outOfRange: null };
    expect(events.map(({ bounds }) => bounds)).toEqual([
      null,
      [nothing, { certificate: 4, claimedEps: 2 / 8, outOfRange: false }],
      [nothing, { certificate: 4, claimedEps: 3 / 8, outOfRange: true }],
      [nothing, { certificate: 4, claimedEps: 4 / 8, outOfRange: true }],
    ]);
    const message = 'cache promising, layer 0, head 0: too many tokens'; // once, not at every step
    expect(events.map(({ warnings }) => warnings)).toEqual([[], [], [{ kind: 'out-of-range', message }], []]);
  });
});
