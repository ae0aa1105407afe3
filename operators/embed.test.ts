import { lastValueFrom, of, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { TokenEvent } from '../src/core/event.js';
import { embed } from './embed.js';
import { testRun, token } from './testing/test-run.js';

const embedAll = async (tokens: readonly TokenEvent[], { seed = 1, rotary = false, d = 8 } = {}) => {
  const events = of(...tokens).pipe(embed(testRun({ seed, d, heads: 2 }), { rotary }), toArray());
  return (await lastValueFrom(events)).map(({ x }) => x);
};
const norm = (x: Float32Array) => Math.hypot(...x);

describe('embed', () => {
  it('depends on token id and seed alone: not on step, position or what came before', async () => {
    const [a, b, again] = await embedAll([
      token(0, { tokenId: 7 }),
      token(1, { tokenId: 8 }),
      token(9, { tokenId: 7 }),
    ]);
    expect(a).toHaveLength(16);
    expect(again).toEqual(a);
    expect(b).not.toEqual(a);
    expect((await embedAll([token(3, { tokenId: 7 })]))[0]).toEqual(a);
    expect((await embedAll([token(0, { tokenId: 7 })], { seed: 2 }))[0]).not.toEqual(a);
  });

  it('has mean 0 and variance 1 within 4 standard errors', async () => {
    const x = (await embedAll(Array.from({ length: 500 }, (_, i) => token(i)))).flatMap((row) => [...row]);
    const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
    const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length;
    expect(Math.abs(mean)).toBeLessThan(4 / Math.sqrt(x.length));
    expect(Math.abs(variance - 1)).toBeLessThan(4 * Math.sqrt(2 / x.length));
  });

  it('with rotary: turns pairs by position, keeps their norms, leaves position 0', async () => {
    const at = [0, 1, 5, 1000].map((pos) => token(pos, { tokenId: 7 }));
    const [plain] = await embedAll(at);
    const turned = await embedAll(at, { rotary: true });
    expect(turned[0]).toEqual(plain);
    for (const x of turned) {
      for (let i = 0; i < x.length; i += 2) {
        expect(norm(x.subarray(i, i + 2))).toBeCloseTo(norm(plain.subarray(i, i + 2)), 5);
      }
    }
    // the first pair turns by pos radians, pair 4 of 8 by pos / 10000^(8/16) = pos / 100
    const angle = (x: Float32Array, i: number) =>
      Math.atan2(x[i + 1], x[i]) - Math.atan2(plain[i + 1], plain[i]);
    const wrap = (radians: number) => Math.abs(Math.atan2(Math.sin(radians), Math.cos(radians)));
    expect(wrap(angle(turned[1], 0) - 1)).toBeLessThan(1e-5);
    expect(wrap(angle(turned[2], 8) - 0.05)).toBeLessThan(1e-5);
  });

  it('refuses a token without an id, and says which', async () => {
    await expect(embedAll([token(4, { tokenId: null, streamId: 2 })])).rejects.toMatchObject({
      code: 'bad-input',
      what: 'stream 2, step 4: no token id to embed',
    });
  });
});
