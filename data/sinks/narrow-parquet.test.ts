import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Columns } from '../schemas/column.js';
import { queryDuckDB } from '../testing/duckdb.js';
import { temporaryFolder } from '../testing/folder.js';
import { all, column, readParquet, writeNarrow } from '../testing/parquet.js';
import type { TableData } from './column-data.js';

let folder = temporaryFolder();
const path = () => join(folder.path, 't.parquet');
const read = (select?: string) => readParquet(path(), select);
const write = (...args: DropFirst<Parameters<typeof writeNarrow>>) => writeNarrow(path(), ...args);
type DropFirst<T> = T extends [unknown, ...infer Rest] ? Rest : never;

beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

describe('values come back as they were (L9)', () => {
  const columns: Columns = {
    i: column('INT32'),
    n: column('INT32', true),
    x: column('DOUBLE'),
    y: column('DOUBLE', true),
    b: column('BOOLEAN'),
    c: column('BOOLEAN', true),
    s: column('UTF8'),
    t: column('UTF8', true),
  };
  const i32s = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
  const row = fc.record({
    i: i32s,
    n: fc.option(i32s),
    x: fc.double(),
    y: fc.option(fc.double()),
    b: fc.boolean(),
    c: fc.option(fc.boolean()),
    s: fc.string({ unit: 'grapheme' }),
    t: fc.option(fc.string()),
  });
  type Row = Readonly<Record<string, number | string | boolean | null>>;

  function columnar(rows: readonly Row[]): TableData {
    const make = (name: string) => {
      const values = rows.map((at) => at[name]);
      const valid = values.includes(null) ? Uint8Array.from(values, (value) => Number(value !== null)) : null;
      const { type } = columns[name];
      if (type === 'UTF8') return all(values.map((value) => value ?? '') as string[], valid);
      const kind = { INT32: Int32Array, DOUBLE: Float64Array, BOOLEAN: Uint8Array, VECTOR: Float32Array }[
        type
      ];
      const numbers = values.map(Number);
      return all(new kind(numbers), valid);
    };
    return Object.fromEntries(Object.keys(columns).map((name) => [name, make(name)]));
  }

  it.each(['UNCOMPRESSED', 'GZIP', 'SNAPPY'] as const)(
    'any rows in any pieces and row groups, %s',
    async (compression) => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(row, { maxLength: 20 }), { maxLength: 4 }),
          fc.integer({ min: 1, max: 30 }),
          async (pieces, rowsPerGroup) => {
            const data = pieces.map((rows) => [columnar(rows), rows.length] as const);
            await write(columns, data, { rowsPerGroup, compression });
            expect(await read()).toEqual(pieces.flat());
          },
        ),
        { numRuns: 40 },
      );
    },
  );

  it('the bytes depend on the rows, not on the pieces', async () => {
    const rows = fc.sample(row, { numRuns: 100, seed: 1 });
    const whole = await write(columns, [[columnar(rows), 100]], { rowsPerGroup: 32 });
    const cuts = [rows.slice(0, 1), rows.slice(1, 60), rows.slice(60)].map(
      (r) => [columnar(r), r.length] as const,
    );
    expect(await write(columns, cuts, { rowsPerGroup: 32 })).toEqual(whole);
  });

  it('long runs and alternating nulls', async () => {
    const n = 10_000;
    const valid = Uint8Array.from({ length: n }, (_, i) =>
      i < 3000 ? 1 : i < 6000 ? i % 2 : Number(i % 9 === 0),
    );
    await write({ n: column('INT32', true) }, [
      [
        {
          n: all(
            Int32Array.from({ length: n }, (_, i) => i),
            valid,
          ),
        },
        n,
      ],
    ]);
    const expected = [...valid.keys()].filter((i) => valid[i] === 1);
    const rows = await read('n, row_number() over () - 1 as at');
    expect(rows.filter(({ n }) => n !== null).map(({ n }) => n)).toEqual(expected);
    expect(rows.filter(({ n }) => n !== null).map(({ at }) => Number(at))).toEqual(expected);
  });

  it('no rows at all', async () => {
    const { bytes } = await write(columns, []);
    expect(bytes).toBeGreaterThan(100);
    expect(await read('count(*)::int as n, count(s)::int as s')).toEqual([{ n: 0, s: 0 }]);
  });
});

describe('metadata', () => {
  it('carries what the caller says, row groups, and ranges that readers use', async () => {
    const columns = { i: column('INT32'), s: column('UTF8'), y: column('DOUBLE', true) };
    const rows = 250;
    const data: TableData = {
      i: all(Int32Array.from({ length: rows }, (_, i) => i - 5)),
      s: all(Array.from({ length: rows }, (_, i) => (i < 100 ? 'ä' : 'z'))),
      y: all(
        new Float64Array(rows).fill(2),
        Uint8Array.from({ length: rows }, (_, i) => i % 2),
      ),
    };
    await write(columns, [[data, rows]], { rowsPerGroup: 100, metadata: new Map([['unit.i', 'byte']]) });
    const kv = await queryDuckDB(
      `select decode(key) as k, decode(value) as v from parquet_kv_metadata('${path()}')`,
    );
    expect(kv).toEqual([{ k: 'unit.i', v: 'byte' }]);
    const groups = await queryDuckDB(
      `select path_in_schema as c, row_group_num_rows::int as n, stats_min_value as lo, stats_max_value as hi, stats_null_count::int as nulls
       from parquet_metadata('${path()}') order by c, row_group_id`,
    );
    expect(groups).toEqual([
      { c: 'i', n: 100, lo: '-5', hi: '94', nulls: 0 },
      { c: 'i', n: 100, lo: '95', hi: '194', nulls: 0 },
      { c: 'i', n: 50, lo: '195', hi: '244', nulls: 0 },
      { c: 's', n: 100, lo: 'ä', hi: 'ä', nulls: 0 },
      { c: 's', n: 100, lo: 'z', hi: 'z', nulls: 0 },
      { c: 's', n: 50, lo: 'z', hi: 'z', nulls: 0 },
      { c: 'y', n: 100, lo: '2.0', hi: '2.0', nulls: 50 },
      { c: 'y', n: 100, lo: '2.0', hi: '2.0', nulls: 50 },
      { c: 'y', n: 50, lo: '2.0', hi: '2.0', nulls: 25 },
    ]);
    expect(readFileSync(path()).subarray(0, 4).toString()).toBe('PAR1');
  });
});
