import { describe, expect, it } from 'vitest';
import { capture } from './capture.js';
import { projected, stepByStep, testRun } from './testing/test-run.js';

describe.each(['tensor', 'matrix'] as const)('capture in %s order', (order) => {
  it('writes the rows of every head, as they were at that moment', async () => {
    const run = testRun({ order, dtype: 'f32' });
    const token = projected(run, 3, { streamId: 2, pos: 30, prefill: true, tNs: 7e9 });
    const before = (name: 'q' | 'k1' | 'k2' | 'v1' | 'v2', head: number) => {
      const slot = token.qkv[name];
      return slot && run.arena.view(slot).slice(4 * head, 4 * head + 4);
    };
    const expected = [0, 1].map((head) => ({
      ...{ stream_id: 2, pos: 30, token_id: 103, t_ns: 7e9, layer: 0, head },
      ...{ q: before('q', head), k1: before('k1', head), k2: before('k2', head) },
      ...{ v1: before('v1', head), v2: before('v2', head) },
    }));
    const [passed] = await stepByStep([token], (event) => event.pipe(capture(run)));
    expect(passed).toMatchObject(token);
    for (const slot of Object.values(token.qkv)) if (slot !== null) run.arena.view(slot).fill(0);
    expect(passed.rows).toEqual([{ recording: expected }]); // copies: zeroing the memory changed nothing
  });
});
