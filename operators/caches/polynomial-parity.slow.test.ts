import { expect, it } from 'vitest';
import { breakEvenTable, parityTable } from '../../bench/reproduce/polynomial.js';

it('has the errors of math.md 5.3 by degree: equal even degrees are bad, odd over even good', async () => {
  const cells = await parityTable(12);
  const at = (R: number, gN: number, gD: number) =>
    cells.find((cell) => cell.R === R && cell.degrees[0] === gN && cell.degrees[1] === gD)!.measured;
  for (const R of [0.5, 1, 2]) expect(at(R, 2, 2)).toBeGreaterThan(1.5 * at(R, 1, 0));
  for (const R of [0.5, 1, 2]) expect(at(R, 4, 4)).toBeGreaterThan(1.5 * at(R, 3, 2));
  for (const { R, degrees, measured, expected, more } of cells) {
    const what = `R = ${R}, degrees ${degrees.join(' over ')}: ${measured}`;
    // Medians of 12 draws: their quartiles are a factor of 1.5 apart, more at small errors.
    expect(measured / more, what).toBeGreaterThan(1 / 1.8);
    expect(measured / more, what).toBeLessThan(1.8);
    if (R === 1 && expected !== null)
      expect(Math.abs(Math.log(measured / expected)), what).toBeLessThan(0.41);
  }
});

it('pays from the lengths of math.md 5.4 on', () => {
  for (const { expected, monomials, memory, time, measured, d } of breakEvenTable()) {
    expect({ monomials, memory, time }).toEqual(expected);
    if (measured !== null) expect(measured).toBe(2 * monomials * (d + 1) * 8);
  }
});
