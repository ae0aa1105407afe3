import { describe, expect, it } from 'vitest';
import { randomStream } from '../../../src/core/random.js';
import { clusterSamples } from './cluster-samples.js';
import { subgenAtoms } from '../subgen-atoms.js';
import { startTrial, type Trial } from '../testing/harness.js';
import { clustersOf, partsFor } from '../testing/record-clusters.js';

const matrixOrder = { d: 1, order: 'matrix', scale: 1, dtype: 'f64' } as const;
const row = (...numbers: number[]) => Float64Array.from(numbers);

function append(trial: Trial, k: number, v: number): void {
  trial.append({ q: row(0), k1: row(k), k2: null, v1: row(v), v2: null });
}

describe('growing clusters', () => {
  it('keeps what is apart, and merges the nearest when there are too many', () => {
    const trial = startTrial(subgenAtoms({ size: 3, window: 0, gamma: 2 }), matrixOrder);
    const see = (name: string) => [...trial.cache.snapshot()[`side1.clusters.${name}`]];
    for (const [k, v] of [
      [0, 1],
      [10, 2],
      [11, 5],
    ])
      append(trial, k, v);
    expect(see('content.keys')).toEqual([0, 10, 11]);
    append(trial, 50, 7); // 4 clusters: δ becomes 1, and 11 joins 10
    expect(see('content.keys')).toEqual([0, 10.5, 50]);
    expect(see('content.values')).toEqual([1, 3.5, 7]);
    append(trial, 9, 8); // within 1 of the leader 10, which has not moved
    expect(see('content.keys')).toEqual([0, 10, 50]);
    expect(see('content.values')).toEqual([1, 5, 7]);
    append(trial, 53, 1); // δ becomes 4, not 3: by factors of 2
    expect(see('radius.delta')).toEqual([4, 0]);
    expect(see('content.keys')).toEqual([0, 10, 51.5]);
    expect(see('rows.counts')).toEqual([0, 1, 0, 0, 3, 0, 0, 2, 1]);
    expect(see('content.logWeights')).toEqual([0, Math.log(3), Math.log(2)]);
    trial.release();
  });

  it.each([1.1, 1.2, 2, 4])('γ = %f: no key is farther than δ·max(2, γ/(γ−1)) from its leader', (gamma) => {
    const random = randomStream(3, 'keys');
    for (const [d, limit] of [
      [2, 16],
      [8, 64],
    ]) {
      const keys = Array.from({ length: 1500 }, () =>
        row(...Array.from({ length: d }, () => random.gaussian())),
      );
      const { members, leaders, radius } = clustersOf(keys, limit, gamma);
      expect(members.flat().sort((a, b) => a - b)).toEqual(keys.map((_, i) => i)); // all of them, once
      const farthest = Math.max(
        ...members.flatMap((list, c) =>
          list.map((i) => Math.hypot(...keys[i].map((x, t) => x - leaders[c][t]))),
        ),
      );
      expect(farthest).toBeLessThanOrEqual(radius * Math.max(2, gamma / (gamma - 1)));
      if (gamma < 2) expect(members.length).toBeGreaterThan(0.8 * limit); // most places are used
    }
  });

  it('does not make clusters without end of keys that are no numbers', async () => {
    const trial = startTrial(subgenAtoms({ size: 2, window: 0 }), matrixOrder);
    for (const k of [1, 2, NaN, NaN, 3, 4, NaN]) append(trial, k, 1);
    expect((await trial.ask(row(1))).output[0]).toBeNaN();
    trial.release();
  });
});

describe('samples', () => {
  it('draws uniformly from clusters that were merged (c9 of math.md, without replacement)', () => {
    const [c1, c2, t, seeds] = [3, 7, 4, 6000];
    const found = new Map<number, number>();
    for (let seed = 0; seed < seeds; seed++) {
      const samples = clusterSamples(t, partsFor(1, seed));
      const entry = (i: number) => ({ k: row(i), v: row(i) });
      samples.open(entry(0));
      for (let i = 1; i < c1; i++) samples.join(0, entry(i), i + 1);
      samples.open(entry(c1));
      for (let i = 1; i < c2; i++) samples.join(1, entry(c1 + i), i + 1);
      samples.merge(0, c1, 1, c2);
      samples.settle(1);
      const kept = [...samples.snapshot().keys];
      expect(new Set(kept).size).toBe(t);
      for (const i of kept) found.set(i, (found.get(i) ?? 0) + 1);
    }
    const expected = (seeds * t) / (c1 + c2);
    for (let i = 0; i < c1 + c2; i++) {
      expect(Math.abs((found.get(i) ?? 0) - expected)).toBeLessThan(4 * Math.sqrt(0.6 * expected));
    }
  });

  it('weighs each by the share that it stands for', () => {
    const trial = startTrial(subgenAtoms({ size: 4, window: 0, atoms: 'samples', t: 2 }), matrixOrder);
    for (const k of [0, 0, 0, 9, 0, 9]) append(trial, k, 1);
    const see = (name: string) => [...trial.cache.snapshot()[`side1.clusters.content.${name}`]];
    expect(see('keys')).toEqual([0, 0, 9, 9]);
    expect(see('logWeights')).toEqual([Math.log(2), Math.log(2), 0, 0]); // 4/2 and 2/2
    expect(trial.cache.census()).toMatchObject({ kept1: 4, evicted1: 2, clusters1: 2, samples: 4 });
    trial.release();
  });
});
