import { describe, expect, it } from 'vitest';
import { randomStream } from '../../../src/core/random.js';
import { SharedArena } from '../../../workers/index.js';
import { angularHash, bucketOf, bucketOrder, grayPosition } from './angular-hash.js';
import { distinctBelow } from './distinct-below.js';

const BITS = 6;
const D = 8;
const bitsIn = (x: number) => x.toString(2).replaceAll('0', '').length;

describe('buckets', () => {
  it('are positions in the Gray sequence: neighbours differ in one sign, cyclically', () => {
    const codes: number[] = [];
    for (let code = 0; code < 2 ** BITS; code++) codes[grayPosition(code)] = code;
    expect(new Set(codes).size).toBe(2 ** BITS);
    codes.forEach((code, i) => expect(bitsIn(code ^ codes[(i + 1) % codes.length])).toBe(1));
    expect([0, 1, 3, 2, 6, 7, 5, 4].map(grayPosition)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it.each([0.2, 0.5, 1])('are shared as theory says at an angle of %f, within 3 standard errors', (theta) => {
    const trials = 20_000;
    const arena = SharedArena.create('f64');
    const random = randomStream(5, 'angle', theta);
    const gaussian = () => Float64Array.from({ length: D }, () => random.gaussian());
    const unit = (v: Float64Array) => v.map((x) => x / Math.hypot(...v));
    const x = unit(gaussian());
    const free = gaussian();
    const along = free.reduce((sum, y, t) => sum + y * x[t], 0);
    const across = unit(free.map((y, t) => y - along * x[t]));
    const y = x.map((value, t) => Math.cos(theta) * value + Math.sin(theta) * across[t]);
    let [same, adjacent] = [0, 0];
    for (let i = 0; i < trials; i++) {
      const made = [arena.rows(D, () => {})];
      const directions = angularHash(BITS, D, { rows: () => made[0], random }).directionsTimes(null);
      const apart = Math.abs(bucketOf(x, directions, BITS) - bucketOf(y, directions, BITS));
      if (apart === 0) same++;
      if (apart === 1 || apart === 2 ** BITS - 1) adjacent++;
      made[0].release();
    }
    const [once, other] = [1 - theta / Math.PI, theta / Math.PI];
    for (const [count, p] of [
      [same, once ** BITS],
      [adjacent, 2 * other * once ** (BITS - 1)],
    ]) {
      expect(Math.abs(count / trials - p)).toBeLessThan(3 * Math.sqrt((p * (1 - p)) / trials));
    }
  });

  it('sort stably', () => {
    expect([...bucketOrder([2, 0, 2, 1, 0], 4)]).toEqual([1, 4, 3, 0, 2]);
  });
});

describe('distinctBelow', () => {
  it('draws every set of k of n equally often', () => {
    const random = randomStream(3);
    const counts = new Map<string, number>();
    const draws = 20_000;
    for (let i = 0; i < draws; i++) {
      const set = distinctBelow(5, 2, random).join();
      counts.set(set, (counts.get(set) ?? 0) + 1);
    }
    expect(counts.size).toBe(10);
    for (const count of counts.values()) {
      expect(Math.abs(count - draws / 10)).toBeLessThan(4 * Math.sqrt(draws * 0.09));
    }
  });

  it('gives all, or none, where asked to', () => {
    expect([...distinctBelow(4, 4, randomStream(1))]).toEqual([0, 1, 2, 3]);
    expect([...distinctBelow(4, 0, randomStream(1))]).toEqual([]);
  });
});
