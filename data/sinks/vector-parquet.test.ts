import { existsSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { tableColumns } from '../schemas/tables.js';
import { queryDuckDB } from '../testing/duckdb.js';
import { temporaryFolder } from '../testing/folder.js';
import { recordingRow } from '../testing/rows.js';
import type { TableData } from './column-data.js';
import { writeWhole, type Written } from './out-file.js';
import { tableBuffer } from './table-buffer.js';
import { writeVectorParquet } from './vector-parquet.js';

const columns = tableColumns('recording', 'tensor');
const d = 4;
const metadata = new Map([
  ['kronflow.scale', '0.5'],
  ...Array.from({ length: 9 }, (_, i) => [`unit.${i}`, `ü${i}`] as const),
]);
let folder = temporaryFolder();
const path = () => join(folder.path, 't.parquet');

beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

async function* pieces(sizes: readonly number[], width = d) {
  let i = 0;
  for (const rows of sizes) {
    const buffer = tableBuffer('recording', columns, width);
    for (let k = 0; k < rows; k++) buffer.push(recordingRow(i++, width));
    yield { data: buffer.view(), rows };
  }
}

function write(source: AsyncIterable<{ data: TableData; rows: number }>, width = d): Promise<Written> {
  const options = { table: 'recording', columns, d: width, metadata };
  return writeWhole(path(), async (file) => void (await writeVectorParquet(file, options, source)));
}

it('writes vectors that DuckDB reads as lists, with the metadata', async () => {
  await write(pieces([3, 2]));
  const rows = await queryDuckDB(`select * from read_parquet('${path()}')`);
  const expected = [0, 1, 2, 3, 4].map((i) => {
    const { q, k1, k2, v1, v2, ...rest } = recordingRow(i, d);
    return {
      ...rest,
      ...Object.fromEntries(Object.entries({ q, k1, k2, v1, v2 }).map(([k, v]) => [k, [...Array.from(v!)]])),
    };
  });
  expect(rows).toEqual(expected);
  const kv = await queryDuckDB(
    `select decode(value) as v from parquet_kv_metadata('${path()}') where key = 'kronflow.scale'`,
  );
  expect(kv).toEqual([{ v: '0.5' }]);
});

it('has no dictionary on numbers, and row groups of 8192 rows whatever the pieces', async () => {
  const one = await write(pieces([20_000]));
  const meta = await queryDuckDB(
    `select distinct path_in_schema as c, encodings, compression from parquet_metadata('${path()}') where c like 'q%'`,
  );
  expect(meta).toHaveLength(1);
  expect(meta[0].encodings).not.toContain('DICTIONARY');
  expect(meta[0].compression).toBe('ZSTD');
  const groups = await queryDuckDB(
    `select distinct row_group_id::int as g, row_group_num_rows::int as n from parquet_metadata('${path()}') order by g`,
  );
  expect(groups.map(({ n }) => n)).toEqual([8192, 8192, 3616]);
  expect(await write(pieces([1, 8191, 5, 10_000, 1803]))).toEqual(one);
});

it('writes the same bytes every time, metadata in the order it was given (parquet-wasm shuffles it)', async () => {
  const first = await write(pieces([10]));
  for (let i = 0; i < 5; i++) expect(await write(pieces([10]))).toEqual(first);
  const kv = await queryDuckDB(
    `select decode(key) as k, decode(value) as v from parquet_kv_metadata('${path()}')`,
  );
  expect(kv.slice(0, -1).map(({ k, v }) => [k, v])).toEqual([...metadata]);
  expect(kv.at(-1)?.k).toBe('ARROW:schema');
});

it('makes smaller row groups of longer vectors', async () => {
  await write(pieces([900], 4096), 4096); // 5 vectors of 16 KiB: 409 rows in 32 MiB
  const groups = await queryDuckDB(
    `select distinct row_group_id::int as g, row_group_num_rows::int as n from parquet_metadata('${path()}') order by g`,
  );
  expect(groups.map(({ n }) => n)).toEqual([409, 409, 82]);
});

it('writes an empty table with its schema', async () => {
  await write(pieces([]));
  const [{ n }] = await queryDuckDB(`select count(k2)::int as n from read_parquet('${path()}')`);
  expect(n).toBe(0);
});

it('fails with the error of its source (parquet-wasm would end a short, valid file)', async () => {
  async function* failing() {
    yield* pieces([9000]);
    throw new RangeError('the source broke');
  }
  await expect(write(failing())).rejects.toThrow('the source broke');
  expect(existsSync(path())).toBe(false);
});

it('refuses data that does not fit, naming row and column', async () => {
  async function* short() {
    yield* pieces([10]);
    for await (const { data } of pieces([1]))
      yield { data: { ...data, v2: { values: new Float32Array(3), valid: null } }, rows: 1 };
  }
  await expect(write(short())).rejects.toThrow(/^recording row 10, column v2: the column is too short/);
});

it('turns a full disk into a Failure and leaves nothing, also no unhandled rejection', async () => {
  const unhandled: unknown[] = [];
  const listen = (error: unknown) => unhandled.push(error);
  process.on('unhandledRejection', listen);
  symlinkSync('/dev/full', `${path()}.tmp`);
  await expect(write(pieces([30_000]))).rejects.toMatchObject({ name: 'Failure', code: 'disk-full' });
  await new Promise((resolve) => setTimeout(resolve, 50));
  process.off('unhandledRejection', listen);
  expect(unhandled).toEqual([]);
  expect([existsSync(path()), existsSync(`${path()}.tmp`)]).toEqual([false, false]);
});
