import { describe, expect, it } from 'vitest';
import { SharedArena } from '../../workers/arena.js';
import { atoms, attention, matrix, pairsOf } from './plan.js';

const arena = SharedArena.create('f32');
const rows = (count: number, width = 3) => {
  const made = arena.rows(width, () => {});
  made.resize(count);
  return made;
};

describe('plans', () => {
  it('describe rows as plain data that survives a message to a thread', () => {
    const [keys, values, weights] = [rows(70), rows(70), rows(70, 1)];
    expect(matrix(keys)).toEqual({ width: 3, count: 70, spans: keys.spans() });
    const job = attention(atoms(keys, values, weights), atoms(rows(2), rows(2)), 'numerator', -1.5);
    expect(structuredClone(job)).toEqual(job);
    expect(job).toMatchObject({ kind: 'grid', role: 'numerator', logScale: -1.5 });
  });

  it('attend to a grid of two sides, or to the rows of one', () => {
    const [one, two] = [atoms(rows(7), rows(7)), atoms(rows(5), rows(5))];
    expect(one.logWeights).toBeNull();
    expect(attention(one, two)).toEqual({ kind: 'grid', role: 'both', side1: one, side2: two, logScale: 0 });
    expect(attention(one, null)).toEqual({ kind: 'rows', role: 'both', atoms: one, logScale: 0 });
    expect(pairsOf(attention(one, two))).toBe(35);
    expect(pairsOf(attention(one, null))).toBe(7);
  });
});
