import fc from 'fast-check';
import { firstValueFrom, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { layerNorm } from './layer-norm.js';

const normed = async (x: Float32Array) => (await firstValueFrom(of({ x }).pipe(layerNorm()))).normed;

describe('layerNorm', () => {
  it('gives mean 0 and variance 1, whatever shift and scale (property)', async () => {
    const values = fc.array(fc.float({ min: -1, max: 1, noNaN: true }), { minLength: 2, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(values, fc.integer({ min: -50, max: 50 }), async (list, shift) => {
        fc.pre(Math.max(...list) - Math.min(...list) > 0.2);
        const x = Float32Array.from(list, (value) => 100 * value + shift);
        const y = await normed(x);
        const mean = y.reduce((sum, value) => sum + value, 0) / y.length;
        const variance = y.reduce((sum, value) => sum + (value - mean) ** 2, 0) / y.length;
        expect(mean).toBeCloseTo(0, 4);
        expect(variance).toBeCloseTo(1, 4);
      }),
    );
  });

  it('keeps a constant vector at 0 and does not touch its input', async () => {
    const x = new Float32Array(8).fill(3);
    expect([...(await normed(x))]).toEqual(new Array(8).fill(0));
    expect([...x]).toEqual(new Array(8).fill(3));
  });
});
