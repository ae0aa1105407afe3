import { existsSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Columns } from '../schemas/column.js';
import { queryDuckDB } from '../testing/duckdb.js';
import { temporaryFolder } from '../testing/folder.js';
import { all, column, readParquet, writeNarrow } from '../testing/parquet.js';
import { narrowParquet } from './narrow-parquet.js';
import { writeWhole } from './out-file.js';

const i32: Columns = { i: column('INT32') };
const f64: Columns = { x: column('DOUBLE') };
let folder = temporaryFolder();
const path = () => join(folder.path, 't.parquet');
const read = (select?: string) => readParquet(path(), select);
const write = (...args: DropFirst<Parameters<typeof writeNarrow>>) => writeNarrow(path(), ...args);
type DropFirst<T> = T extends [unknown, ...infer Rest] ? Rest : never;

beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

describe('traps of parquetjs-lite (dependencies.md 1a)', () => {
  it('NaN and both infinities are values, not thrown strings; a group with NaN has no range', async () => {
    await write(f64, [[{ x: all(Float64Array.of(NaN, Infinity, -Infinity, -0, 1)) }, 5]]);
    expect((await read()).map(({ x }) => x)).toEqual([NaN, Infinity, -Infinity, -0, 1]);
    expect((await read('count(*)::int as n'))[0].n).toBe(5);
    expect(
      await queryDuckDB(`select count(*)::int as n from read_parquet('${path()}') where x > 1e300`),
    ).toEqual([{ n: 2 }]);
  });

  it('a range that leaves NaN out would hide it from readers, who sort it last', async () => {
    await write(f64, [[{ x: all(Float64Array.of(1, NaN, 2)) }, 3]]);
    const found = await queryDuckDB(`select count(*)::int as n from read_parquet('${path()}') where x > 5`);
    expect(found).toEqual([{ n: 1 }]);
    const [range] = await queryDuckDB(
      `select stats_min_value as lo, stats_max_value as hi from parquet_metadata('${path()}')`,
    );
    expect(range).toEqual({ lo: null, hi: null });
  });

  it('a number that is no integer is refused for INT32, with row and column (the library writes 1 for 1.9)', async () => {
    const good = [{ i: all(Int32Array.of(1, 2, 3)) }, 3] as const;
    await expect(write(i32, [good, [{ i: all([4, 1.9]) }, 2]])).rejects.toThrow(
      /^t row 4, column i: 1.9 is not an integer/,
    );
    await expect(write(i32, [[{ i: all(Float64Array.of(2 ** 31)) }, 1]])).rejects.toThrow(
      /^t row 0, column i: 2147483648 /,
    );
    await expect(write(i32, [[{ i: all([NaN]) }, 1]])).rejects.toThrow(RangeError);
    expect(existsSync(path())).toBe(false);
  });

  it('lists are refused: a Float32Array in a repeated column would keep element 0 only', async () => {
    const vectors = { v: column('VECTOR') };
    await expect(write(vectors, [[{ v: all(Float32Array.of(1, 2, 3)) }, 1]])).rejects.toThrow(
      /column v holds vectors/,
    );
    const lists = [Float32Array.of(1, 2, 3)] as unknown as number[];
    await expect(write(f64, [[{ x: all(lists) }, 1]])).rejects.toThrow(
      /^t row 0, column x: 1,2,3 is not a number/,
    );
  });

  it('unknown columns are refused (the library ignores them), and missing ones', async () => {
    await expect(write(i32, [[{ i: all([1]), j: all([2]) }, 1]])).rejects.toThrow('t: unknown column j');
    await expect(write({ ...i32, ...f64 }, [[{ i: all([1]) }, 1]])).rejects.toThrow('t: column x is missing');
    await expect(write(i32, [[{ i: all([1]) }, 2]])).rejects.toThrow(/column i: the column is too short/);
  });

  it('null is refused where the column knows none, and never becomes 0 or ""', async () => {
    const valid = Uint8Array.of(1, 0);
    await expect(write(i32, [[{ i: all(Int32Array.of(1, 0), valid) }, 2]])).rejects.toThrow(
      /^t row 1, column i: null/,
    );
    const columns = { i: column('INT32', true), s: column('UTF8', true) };
    await write(columns, [[{ i: all(Int32Array.of(0, 7), valid), s: all(['', 'x'], valid) }, 2]]);
    expect(await read()).toEqual([
      { i: 0, s: '' },
      { i: null, s: null },
    ]);
  });

  it('concurrent appends are served one after the other (the library doubles and loses rows)', async () => {
    await writeWhole(path(), async (file) => {
      const writer = narrowParquet(file, {
        table: 't',
        columns: i32,
        metadata: new Map(),
        rowsPerGroup: 100,
      });
      const calls = Array.from({ length: 1500 }, (_, i) => writer.append({ i: all(Int32Array.of(i)) }, 1));
      await Promise.all([...calls, writer.finish()]);
    });
    expect((await read()).map(({ i }) => i)).toEqual(Array.from({ length: 1500 }, (_, i) => i));
  });

  it('booleans are plain, not RLE (which reads as all false)', async () => {
    const bits = Uint8Array.from({ length: 1000 }, (_, i) => Number(i % 3 === 0));
    await write({ b: column('BOOLEAN') }, [[{ b: all(bits) }, 1000]]);
    expect((await read()).map(({ b }) => Number(b))).toEqual([...bits]);
    const [{ encodings }] = await queryDuckDB(`select encodings from parquet_metadata('${path()}')`);
    expect(encodings).toContain('PLAIN');
  });

  it('timestamps, unsigned and 64-bit integers do not exist: only types that every reader gets right', async () => {
    // @ts-expect-error no ColumnType: nobody can declare such a column
    const columns: Columns = { t: { ...column('INT32'), type: 'TIMESTAMP_MILLIS' } };
    await expect(write(columns, [[{ t: all(Int32Array.of(1)) }, 1]])).rejects.toThrow();
    const unsigned = { i: all(new Uint32Array([2 ** 31]) as unknown as number[]) };
    await expect(write(i32, [[unsigned, 1]])).rejects.toThrow(
      /^t row 0, column i: 2147483648 is not an integer/,
    );
  });

  it('after a refused append nothing more is taken, and no file appears', async () => {
    const result = writeWhole(path(), async (file) => {
      const writer = narrowParquet(file, { table: 't', columns: i32, metadata: new Map() });
      await expect(writer.append({ i: all([0.5]) }, 1)).rejects.toThrow(RangeError);
      await expect(writer.append({ i: all([1]) }, 1)).rejects.toThrow('is broken');
      await writer.finish();
    });
    await expect(result).rejects.toThrow('is broken');
    expect(existsSync(path())).toBe(false);
    expect(existsSync(`${path()}.tmp`)).toBe(false);
  });

  it('appending after finish is refused', async () => {
    await writeWhole(path(), async (file) => {
      const writer = narrowParquet(file, { table: 't', columns: i32, metadata: new Map() });
      await writer.finish();
      await expect(writer.append({ i: all([1]) }, 1)).rejects.toThrow('is finished');
    });
  });

  it('a full disk is a Failure, at the first byte and later, and kills nothing', async () => {
    const unhandled: unknown[] = [];
    const listen = (error: unknown) => unhandled.push(error);
    process.on('unhandledRejection', listen);
    symlinkSync('/dev/full', `${path()}.tmp`);
    const rows = Int32Array.from({ length: 1000 }, (_, i) => i);
    const failed = write(i32, [[{ i: all(rows) }, 1000]], { rowsPerGroup: 100 });
    await expect(failed).rejects.toMatchObject({ name: 'Failure', code: 'disk-full' });
    await new Promise((resolve) => setTimeout(resolve, 20));
    process.off('unhandledRejection', listen);
    expect(unhandled).toEqual([]);
    expect(existsSync(path())).toBe(false);
    expect(existsSync(`${path()}.tmp`)).toBe(false);
    expect(existsSync('/dev/full')).toBe(true);
  });
});
