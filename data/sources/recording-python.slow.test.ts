import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { collect, tempFolder } from './testing/bytes.js';
import { openSource } from './testing/recordings.js';

/** A Python with pyarrow, pandas, polars and duckdb; `.ci/run` sets it. */
const PYTHON = process.env.KRONFLOW_PYTHON;

/** 6 positions × 2 layers × 2 heads, d = 3; every number says where it belongs. `table` is the pyarrow table. */
const TABLE = `
import os, sys
import numpy as np, pyarrow as pa, pyarrow.parquet as pq
rows = [(0, pos, layer, head) for pos in range(6) for layer in range(2) for head in range(2)]
ids = {name: pa.array([row[i] for row in rows]) for i, name in enumerate(['stream_id', 'pos', 'layer', 'head'])}
def vectors(column):
    values = np.array([[100 * pos + 10 * (2 * layer + head) + column + t / 4 for t in range(3)] for _, pos, layer, head in rows])
    return pa.FixedSizeListArray.from_arrays(pa.array(values.astype('f4').ravel()), 3)
table = pa.table({**ids, **{name: vectors(i) for i, name in enumerate(['q', 'k1', 'k2', 'v1', 'v2'])}})
path = sys.argv[1]
`;

const WRITERS: readonly [string, string][] = [
  ['pyarrow Parquet', 'pq.write_table(table, path)'],
  [
    'pyarrow Parquet, small row groups, zstd',
    "pq.write_table(table, path, row_group_size=5, compression='zstd')",
  ],
  [
    'pyarrow IPC file',
    'with pa.OSFile(path, "wb") as f, pa.ipc.new_file(f, table.schema) as w: w.write_table(table, max_chunksize=7)',
  ],
  [
    'pyarrow IPC stream',
    'with pa.OSFile(path, "wb") as f, pa.ipc.new_stream(f, table.schema) as w: w.write_table(table, max_chunksize=7)',
  ],
  ['pandas', 'table.to_pandas().to_parquet(path)'],
  [
    'pandas, float64',
    "df = table.to_pandas()\nfor c in ['q', 'k1', 'k2', 'v1', 'v2']: df[c] = df[c].map(lambda v: v.astype('f8').tolist())\ndf.to_parquet(path)",
  ],
  ['polars arrays', 'import polars as pl; pl.from_arrow(table).write_parquet(path)'],
  [
    'polars lists, IPC',
    "import polars as pl; pl.from_arrow(table).with_columns(pl.col('q', 'k1', 'k2', 'v1', 'v2').arr.to_list(), text=pl.lit('x')).write_ipc(path)",
  ],
  [
    'DuckDB',
    'import duckdb; rows_ = table; duckdb.sql(f"copy (select *, 7 as t_ns from rows_ order by pos, layer, head) to \'{path}\' (format parquet)")',
  ],
];

it('has a Python under CI', () => {
  expect(process.env.CI === undefined || PYTHON !== undefined).toBe(true); // KRONFLOW_PYTHON must be set there
});

describe.skipIf(PYTHON === undefined)('a recording written by', () => {
  it.each(WRITERS)('%s replays as it is', async (_, write) => {
    const path = join(await tempFolder(), 'recording');
    execFileSync(PYTHON!, ['-c', `${TABLE}\n${write}`, path]);
    const source = openSource(path);
    expect(await source.shape()).toEqual({ layers: 2, heads: 2, d: 3, order: 'tensor', scale: null });
    const steps = await collect(source.open());
    expect(steps.map(({ streamId, step, pos }) => [streamId, step, pos])).toEqual(
      [0, 1, 2, 3, 4, 5].map((i) => [0, i, i]),
    );
    for (const { pos, layers } of steps) {
      layers.forEach((rows, layer) => {
        (['q', 'k1', 'k2', 'v1', 'v2'] as const).forEach((name, column) => {
          const wanted = [0, 1].flatMap((head) =>
            [0, 0.25, 0.5].map((t) => 100 * pos + 10 * (2 * layer + head) + column + t),
          );
          expect(Array.from(rows[name]!)).toEqual(wanted);
        });
      });
    }
  });

  it('feather, compressed, is refused with what to do', async () => {
    const path = join(await tempFolder(), 'recording.feather');
    execFileSync(PYTHON!, [
      '-c',
      `${TABLE}\nimport pyarrow.feather as f; f.write_feather(table, path, compression='zstd')`,
      path,
    ]);
    await expect(collect(openSource(path).open())).rejects.toMatchObject({
      code: 'bad-recording',
      what: expect.stringContaining('compressed'),
      hint: expect.stringContaining('Parquet'),
    });
  });
});
