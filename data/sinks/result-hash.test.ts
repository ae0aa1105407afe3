import { expect, it } from 'vitest';
import type { StepRow } from '../../src/core/trace.js';
import { stepColumns } from '../schemas/steps.js';
import { stepRow } from '../testing/rows.js';
import { resultHash } from './result-hash.js';
import { tableBuffer } from './table-buffer.js';

const rows = Array.from({ length: 40 }, (_, i) => stepRow(i));

function digest(steps: readonly StepRow[], cuts: readonly number[] = []): string {
  const hash = resultHash();
  let from = 0;
  for (const to of [...cuts, steps.length]) {
    const buffer = tableBuffer('steps', stepColumns, 1);
    for (const row of steps.slice(from, to)) buffer.push(row);
    hash.update('steps', stepColumns, buffer.view(), to - from);
    from = to;
  }
  return hash.digest();
}
const change = (at: number, part: Partial<StepRow>) =>
  rows.map((row, i) => (i === at ? { ...row, ...part } : row));

it('does not depend on where batches are cut', () => {
  expect(digest(rows, [1, 1, 7, 39])).toBe(digest(rows));
});

it.each(Object.keys(stepColumns).filter((name) => name.endsWith('_ns')))('leaves %s out', (name) => {
  expect(digest(change(3, { [name]: 12345 }))).toBe(digest(rows));
});

it.each(Object.entries(stepColumns).filter(([name]) => !name.endsWith('_ns')))(
  'covers %s',
  (name, { type }) => {
    const other = { INT32: 77, DOUBLE: 77.5, BOOLEAN: true, UTF8: 'other' }[type];
    expect(digest(change(30, { [name]: other }))).not.toBe(digest(rows));
  },
);

it('tells null from 0, 0 from -0, and the order of rows', () => {
  expect(digest(change(30, { lse: 0 }))).not.toBe(digest(change(30, { lse: null })));
  expect(digest(change(30, { lse: 0 }))).not.toBe(digest(change(30, { lse: -0 })));
  expect(digest([rows[1], rows[0], ...rows.slice(2)])).not.toBe(digest(rows));
  const [ab, c] = [change(0, { cache: 'ab' }), change(1, { cache: 'bc' })];
  expect(digest(ab.map((row, i) => (i === 1 ? { ...row, cache: 'c' } : row)))).not.toBe(
    digest(c.map((row, i) => (i === 0 ? { ...row, cache: 'a' } : row))),
  );
});

it('knows one NaN only, whatever its bits', () => {
  const odd = new Float64Array(new BigUint64Array([0xfff8000000000123n]).buffer);
  const hash = (values: Float64Array) => {
    const result = resultHash();
    result.update(
      't',
      { x: { type: 'DOUBLE', unit: '1', doc: '', nullable: false } },
      { x: { values, valid: null } },
      1,
    );
    return result.digest();
  };
  expect(hash(odd)).toBe(hash(Float64Array.of(NaN)));
  expect(new BigUint64Array(odd.buffer)[0]).toBe(0xfff8000000000123n); // the caller's data is not touched
});

it('of known rows is known: a change here changes what old runs are compared with', () => {
  expect(digest(rows)).toMatchInlineSnapshot(
    `"bc1e69d36e9f66b92147da14a058df3855a4c11e241f14b2fd667b0ed4475901"`,
  );
});
