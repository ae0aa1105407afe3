import { expect, it } from 'vitest';
import { random } from './random.js';
import { startTrial } from './testing/harness.js';

const shape = { d: 1, order: 'tensor', scale: 1, dtype: 'f64' } as const;
const row = Float64Array.of(1);
const token = { q: row, k1: row, k2: row, v1: row, v2: row };

it('keeps the newest token, and older ones with probability (1 − 1/m)^age, independently on the two sides', () => {
  const [n, m, seeds] = [9, 3, 4000];
  const kept = new Float64Array(n);
  let both = 0; // token n − 2 on both sides
  for (let seed = 0; seed < seeds; seed++) {
    const trial = startTrial(random({ size: m }), shape, seed);
    for (let i = 0; i < n; i++) trial.append(token);
    const { side1, side2 } = trial.cache.positions!();
    for (const position of side1) kept[position]++;
    if (side1.includes(n - 2) && side2.includes(n - 2)) both++;
    trial.release();
  }
  expect(kept[n - 1]).toBe(seeds);
  for (let age = 1; age < n; age++) {
    const p = (1 - 1 / m) ** Math.min(age, n - m); // nobody leaves before the side is full
    const spread = Math.sqrt(seeds * p * (1 - p));
    expect(Math.abs(kept[n - 1 - age] - seeds * p)).toBeLessThan(4 * spread);
  }
  const p = (1 - 1 / m) ** 2;
  expect(Math.abs(both - seeds * p)).toBeLessThan(4 * Math.sqrt(seeds * p * (1 - p)));
});
