import { firstValueFrom, from, lastValueFrom, of, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { MultiplyRows } from '../src/core/multiply-rows.js';
import { randomStream } from '../src/core/random.js';
import { compressRows } from '../src/core/sparse-matrix.js';
import type { ProjectionWeights, StoredProjection } from '../src/core/weights.js';
import { loadNative } from '../workers/kernels/native.js';
import { project } from './project.js';
import { gaussianWeights } from './projection-weights.js';
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
      expected.forEach((x, i) => expect(actual[i]).toBe(Math.fround(x)));
    }
    const offsets = Object.values(event.qkv).flatMap((slot) => (slot === null ? [] : [slot.offset]));
    expect(new Set(offsets).size).toBe(order === 'tensor' ? 5 : 3);
  });

  it('gives the same bits for one token and for many, by the reference and natively', async () => {
    const run = testRun({ heads: 3, d: 7, order, dtype: 'f32' });
    const weights = gaussianWeights(run.shape, (name) => randomStream(2, name));
    const normal = randomStream(4);
    const events = Array.from({ length: 21 }, (_, i) => {
      return { ...token(i), normed: Float32Array.from({ length: 21 }, () => normal.gaussian()) };
    });
    const projectWith = async (multiply: MultiplyRows | undefined, groups: (typeof events)[]) => {
      const found: number[][] = [];
      for (const group of groups) {
        const flow = from(group).pipe(project({ ...run, multiply }, { layer: 0, weights }), toArray());
        for (const { qkv } of await lastValueFrom(flow)) {
          found.push(Object.values(qkv).flatMap((slot) => (slot === null ? [] : [...run.arena.view(slot)])));
        }
      }
      return found;
    };
    const alone = await projectWith(
      undefined,
      events.map((event) => [event]),
    );
    expect(await projectWith(undefined, [events])).toEqual(alone);
    const native = loadNative();
    if ('why' in native) return;
    for (const set of ['portable', 'avx2', 'avx512', ''] as const) {
      if (native.addon.choose(set) === null) continue;
      expect(await projectWith(native.addon.multiply, [events])).toEqual(alone);
      expect(await projectWith(native.addon.multiply, [events.slice(0, 1), events.slice(1)])).toEqual(alone);
    }
  });

  it('gives the same bits by pruned weights, whole and without their zeros, for one token and for many', async () => {
    const run = testRun({ heads: 3, d: 7, order, dtype: 'f32' });
    const normal = randomStream(6);
    const prune = (w: Float32Array) => w.map((value) => (normal.uniform() < 0.7 ? 0 : value));
    const { q, k1, ...others } = gaussianWeights(run.shape, (name) => randomStream(2, name));
    const whole = { ...others, q: prune(q), k1: prune(k1) };
    const sparse = { ...others, q: compressRows(whole.q, 21), k1: compressRows(whole.k1, 21) };
    const events = Array.from({ length: 6 }, (_, i) => {
      return { ...token(i), normed: Float32Array.from({ length: 21 }, () => normal.gaussian()) };
    });
    for (const group of [events, events.slice(0, 1)]) {
      const rowsOf = async (weights: StoredProjection) => {
        const flow = from(group).pipe(project(run, { layer: 0, weights }), toArray());
        return (await lastValueFrom(flow)).map(({ qkv }) =>
          [qkv.q, qkv.k1, qkv.v1].map((slot) => run.arena.view(slot)),
        );
      };
      const found = await rowsOf(sparse);
      expect(found).toHaveLength(group.length);
      expect(found).toEqual(await rowsOf(whole));
    }
  });

  it('refuses rows that float32 cannot hold', async () => {
    const run = testRun({ heads: 3, d: 5, order, dtype: 'f32' });
    const weights = gaussianWeights(run.shape, (name) => randomStream(2, name));
    weights.k1.fill(2e38, 7, 8); // row 0, head 1
    const event = { ...token(3), normed: new Float32Array(15).fill(2) };
    const flow = of(event).pipe(project(run, { layer: 4, weights }));
    await expect(firstValueFrom(flow)).rejects.toMatchObject({
      code: 'bad-input',
      what: 'stream 0, step 3, layer 4, head 1: k1 holds Infinity',
    });
  });
});
