import { expect, it } from 'vitest';
import { observationWindow } from './observation-window.js';
import { startTrial } from './testing/harness.js';
import { keptAfterEach, type ScalarToken } from './testing/scalar-stream.js';

const SHARP = 50; // so that a query attends to the largest q·k alone

it('keeps what the queries of the window look at, not what earlier ones did', async () => {
  const tokens: ScalarToken[] = [
    [2, SHARP],
    [1, SHARP], // both queries so far look at token 0
    [-2, -SHARP],
    [0, -SHARP], // the window's two queries look at token 2
    [0, -SHARP],
  ];
  const kept = await keptAfterEach(observationWindow({ size: 4, window: 2, pool: 1 }), tokens);
  // of 0, 1, 2 (3 and 4 are the window) tokens 0 and 1 have no votes: the older leaves
  expect(kept.at(-1)).toEqual([1, 2, 3, 4]);
  const longer = await keptAfterEach(observationWindow({ size: 4, window: 3, pool: 1 }), tokens);
  // with three queries the window is 2, 3, 4, and token 0 has the vote of query 1
  expect(longer.at(-1)).toEqual([0, 2, 3, 4]);
});

it('keeps the neighbours of what is looked at, pooled over positions', async () => {
  const tokens: ScalarToken[] = [0, 0, 0, 0, 0, 5, 0, 0, 0].map((k) => [k, SHARP]);
  const alone = await keptAfterEach(observationWindow({ size: 5, window: 1, pool: 1 }), tokens);
  expect(alone.at(-1)).toEqual([4, 5, 6, 7, 8]); // token 5 has all votes, the rest ties
  const together = await keptAfterEach(observationWindow({ size: 3, window: 1, pool: 3 }), [
    ...tokens,
    [0, SHARP],
  ]);
  expect(together.at(-1)).toEqual([5, 6, 9]); // 4 and 6 share the votes of 5; of equals the older left
});

it('refuses an even pool, and a budget that leaves nothing beside the window', () => {
  const refused = expect.objectContaining({ code: 'bad-option' }) as Error;
  expect(() => observationWindow({ pool: 4 })).toThrow(refused);
  const shape = { d: 1, order: 'matrix', scale: 1, dtype: 'f64' } as const;
  expect(() => startTrial(observationWindow({ size: 16 }), shape)).toThrow(refused);
  expect(() => startTrial(observationWindow({ size: 17 }), shape)).not.toThrow();
});
