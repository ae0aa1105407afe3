import type { Rows } from '../../../src/core/memory.js';
import { savedNumbers, type Saved } from './saved-state.js';

/** A list of numbers in rows of one, so that its bytes are counted. */
export interface NumberList extends Saved {
  values(): Float64Array;
  push(value: number): void;
  set(values: ArrayLike<number>): void;
}

/** Keep a list in `rows`, (count × 1); it is saved as a plain list. */
export function numberList(rows: Rows): NumberList {
  const values = () => Float64Array.from({ length: rows.count }, (_, i) => rows.read(i)[0]);
  const set = (list: ArrayLike<number>) => {
    rows.resize(list.length);
    for (let i = 0; i < list.length; i++) rows.write(i, [list[i]]);
  };
  return {
    values,
    set,
    push: (value) => rows.append([value]),
    ...savedNumbers('list', () => [...values()], set),
  };
}
