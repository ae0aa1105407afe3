import { firstValueFrom, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { randomStream } from '../src/core/random.js';
import { project } from './project.js';
import { gaussianWeights, type ProjectionWeights } from './projection-weights.js';
import { testRun, token } from './testing/test-run.js';

describe.each(['tensor', 'matrix'] as const)('project in %s order', (order) => {
  it('equals the plain product in float64, for every part', async () => {
    const run = testRun({ heads: 3, d: 5, order });
    const weights = gaussianWeights(run.shape, (name) => randomStream(2, name));
    const normal = randomStream(3);
    const normed = Float32Array.from({ length: 15 }, () => normal.gaussian());
    const event = await firstValueFrom(of({ ...token(0), normed }).pipe(project(run, { layer: 4, weights })));
    expect(event.layer).toBe(4);
    for (const name of ['q', 'k1', 'k2', 'v1', 'v2'] satisfies (keyof ProjectionWeights)[]) {
      const [slot, w] = [event.qkv[name], weights[name]];
      if (w === null) {
        expect(slot).toBeNull();
        continue;
      }
      const expected = Array.from({ length: 15 }, (_, column) =>
        normed.reduce((sum, x, row) => sum + x * w[row * 15 + column], 0),
      );
      const actual = run.arena.view(slot!);
      expected.forEach((x, i) => expect(actual[i]).toBeCloseTo(x, 14));
    }
    const offsets = Object.values(event.qkv).flatMap((slot) => (slot === null ? [] : [slot.offset]));
    expect(new Set(offsets).size).toBe(order === 'tensor' ? 5 : 3);
  });
});
