import fc from 'fast-check';
import { expect, it } from 'vitest';
import { randomStream } from '../../../src/core/random.js';
import { SharedArena } from '../../../workers/index.js';
import { boxBounds, pageBoxes } from './page-boxes.js';
import { scorePairs } from './score-pairs.js';

const arena = SharedArena.create('f32');

function side(n: number, d: number, page: number, seed: number) {
  const random = randomStream(seed, 'pages');
  const rows = (width: number) => arena.rows(width, () => {});
  const keys = rows(d);
  const boxes = pageBoxes(keys, page, { d, rows });
  for (let i = 0; i < n; i++) {
    keys.append(Array.from({ length: d }, () => random.gaussian()));
    boxes.grow();
  }
  return { keys, boxes };
}

it('no score is above the bound of its pages, and pages of one token have it exactly (property)', () => {
  const size = fc.integer({ min: 1, max: 40 });
  fc.assert(
    fc.property(
      size,
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 12 }),
      fc.nat(1e6),
      (n, page, d, seed) => {
        const [one, two] = [side(n, d, page, seed), side(n, d, page, seed + 1)];
        const random = randomStream(seed, 'q');
        const q = Float64Array.from({ length: d }, () => random.gaussian());
        for (const other of [two, null]) {
          const scores = scorePairs(q, 1, one.keys, other?.keys ?? null);
          const bounds = boxBounds(q, one.boxes, other?.boxes ?? null);
          const [columns, pageColumns] = other === null ? [1, 1] : [n, Math.ceil(n / page)];
          expect(bounds).toHaveLength(Math.ceil(n / page) * pageColumns);
          scores.forEach((score, i) => {
            const [a, b] = [Math.floor(i / columns), i % columns].map((token) => Math.floor(token / page));
            const bound = bounds[a * pageColumns + b];
            expect(score).toBeLessThanOrEqual(bound + 1e-9);
            if (page === 1) expect(score).toBeCloseTo(bound, 9);
          });
        }
        one.boxes.rebuild();
        expect(one.boxes.pages()).toBe(Math.ceil(n / page));
      },
    ),
    { numRuns: 60 },
  );
});

it('is the sum of the largest corners: by hand', () => {
  const rows = (width: number) => arena.rows(width, () => {});
  const boxes = [
    [
      [-2, 1],
      [1, 3],
    ],
    [
      [4, -1],
      [-3, -2],
    ],
  ].map((keys) => {
    const made = rows(2);
    const box = pageBoxes(made, 2, { d: 2, rows });
    for (const key of keys) {
      made.append(key);
      box.grow();
    }
    return box;
  });
  // coordinate 0: [-2, 1] × [-3, 4] → 6; coordinate 1: q = −1: [-3, -1] × [-2, -1] → 6
  expect([...boxBounds(Float64Array.of(1, -1), boxes[0], boxes[1])]).toEqual([12]);
});
