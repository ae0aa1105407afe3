import fc from 'fast-check';
import { expect, it } from 'vitest';
import { matrix } from '../../../src/core/plan.js';
import { SharedArena } from '../../../workers/index.js';
import { sliceMatrix } from './slices.js';

const arena = SharedArena.create('f32');

it('names exactly the rows of its ranges, across blocks of memory (property)', () => {
  const rows = arena.rows(2, () => {});
  for (let i = 0; i < 500; i++) rows.append([i, -i]);
  const whole = matrix(rows);
  expect(whole.spans.length).toBeGreaterThan(3);
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(500), { maxLength: 12 }), (cuts) => {
      const at = cuts.sort((a, b) => a - b);
      const ranges = at
        .slice(0, at.length - (at.length % 2))
        .flatMap((from, i) => (i % 2 ? [] : [{ from, to: at[i + 1] }]));
      const { count, spans, width } = sliceMatrix(whole, ranges, 4);
      const seen = spans.flatMap(({ offset, rows: n }) => {
        const numbers = arena.view({ offset, length: n * 2 });
        return Array.from({ length: n }, (_, r) => numbers[2 * r]);
      });
      const expected = ranges.flatMap(({ from, to }) =>
        Array.from({ length: to - from }, (_, i) => from + i),
      );
      expect(seen).toEqual(expected);
      expect([count, width]).toEqual([expected.length, 2]);
    }),
    { numRuns: 200 },
  );
});

it('makes neighbouring ranges one span', () => {
  const rows = arena.rows(3, () => {});
  for (let i = 0; i < 20; i++) rows.append([i, i, i]);
  const ranges = [
    { from: 4, to: 8 },
    { from: 8, to: 12 },
    { from: 13, to: 14 },
  ];
  expect(sliceMatrix(matrix(rows), ranges, 4).spans.map(({ rows: n }) => n)).toEqual([8, 1]);
});

it('cuts the same rows in the same way wherever their blocks lie', () => {
  const cut = (between: number) => {
    const fresh = SharedArena.create('f32');
    const rows = fresh.rows(2, () => {});
    for (let i = 0; i < 200; i++) {
      if (between > 0 && i % 64 === 0) fresh.alloc(between); // so that no block follows another one
      rows.append([i, i]);
    }
    return sliceMatrix(matrix(rows), [{ from: 10, to: 190 }], 4).spans.map(({ rows: n }) => n);
  };
  expect(cut(0)).toEqual(cut(32));
});
