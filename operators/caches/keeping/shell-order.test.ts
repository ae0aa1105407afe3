import { expect, it } from 'vitest';
import { shellPair, shellRow } from './shell-order.js';

it('the first m² rows are exactly the pairs below m, each once', () => {
  const seen = new Set<number>();
  for (let m = 1; m <= 40; m++) {
    for (let i = 0; i < m; i++) {
      seen.add(shellRow(m - 1, i));
      seen.add(shellRow(i, m - 1));
    }
    expect(seen.size).toBe(m * m);
    expect(Math.max(...seen)).toBe(m * m - 1);
  }
});

it('shellPair is the inverse of shellRow', () => {
  for (let row = 0; row < 1600; row++) expect(shellRow(...shellPair(row))).toBe(row);
  for (const s of [94_906_264, 94_906_265]) {
    for (const row of [s * s - 1, s * s, s * s + s, s * s + s + 1])
      expect(shellRow(...shellPair(row))).toBe(row);
  }
});
