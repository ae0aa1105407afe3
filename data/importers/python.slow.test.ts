import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { collect, tempFolder } from '../sources/testing/bytes.js';
import { openSource } from '../sources/testing/recordings.js';
import { pythonPath, runPython } from '../testing/python.js';
import { importFiles } from './import-files.js';
import { NOTHING_SAID } from './importer.js';
import { importers } from './index.js';

// One small model, numbers that a half holds exactly, in every way that numpy, pyarrow, pandas, polars and DuckDB store it.
const SCRIPT = `
import sys, json, numpy as np, pyarrow as pa, pyarrow.parquet as pq, polars as pl, duckdb
out = sys.argv[1]
L, H, n, d = 2, 3, 5, 4
r = np.random.default_rng(0)
t = {f'layers.{l}.{p}': r.integers(-64, 64, (H, n, d)).astype('f4') / 8 for l in range(L) for p in 'qkv'}
np.savez(f'{out}/f4.npz', **t)
np.savez_compressed(f'{out}/deflated.npz', **t)
for kind in ('f2', 'f8', '>f4', '>f8'):
    np.savez(f'{out}/{kind.replace(">", "big")}.npz', **{k: v.astype(kind) for k, v in t.items()})
np.savez(f'{out}/fortran.npz', **{k: np.asfortranarray(v) for k, v in t.items()})
rows = [(pos, l, h) for pos in range(n) for l in range(L) for h in range(H)]
ids = {name: np.array([row[i] for row in rows], 'i4') for i, name in enumerate(('pos', 'layer', 'head'))}
flat = lambda p: np.concatenate([t[f'layers.{l}.{p}'][h, pos] for pos, l, h in rows])
lists = lambda p, kind: pa.FixedSizeListArray.from_arrays(pa.array(flat(p)).cast(kind), d)
tables = {}
for kind in (pa.float16(), pa.float32(), pa.float64()):
    for shape in ('fixed', 'list', 'large'):
        cast = {'fixed': lambda a: a, 'list': lambda a: a.cast(pa.list_(kind)), 'large': lambda a: a.cast(pa.large_list(kind))}[shape]
        table = pa.table({**ids, **{p: cast(lists(p, kind)) for p in 'qkv'}, 'note': ['x', None] * (len(rows) // 2)})
        name = f'{out}/{kind}-{shape}'.replace('halffloat', 'half')
        with pa.ipc.new_file(name + '.arrow', table.schema) as w: w.write_table(table, max_chunksize=7)
        with pa.ipc.new_stream(name + '.arrows', table.schema) as w: w.write_table(table, max_chunksize=7)
        if kind != pa.float16(): pq.write_table(table, name + '.parquet', row_group_size=11)
frame = table.to_pandas()
frame.to_parquet(f'{out}/pandas.parquet')
pl.from_arrow(table).write_parquet(f'{out}/polars.parquet')
duckdb.from_arrow(table).write_parquet(f'{out}/duckdb.parquet')
print(json.dumps({p: [[t[f'layers.{l}.{p}'][:, pos].ravel().tolist() for l in range(L)] for pos in range(n)] for p in 'qkv'}))
`;

describe.skipIf(pythonPath === null)('what Python programs write', () => {
  it('is imported number by number, however it is stored', async () => {
    const folder = await tempFolder();
    const wanted = (await runPython(SCRIPT, folder)) as Record<'q' | 'k' | 'v', number[][][]>;
    const files = readdirSync(folder);
    expect(files.length).toBeGreaterThanOrEqual(7 + 18 + 6 + 3);
    const outputs = await tempFolder();
    for (const name of files) {
      const output = join(outputs, `${name}.arrow`);
      await importFiles(importers, [join(folder, name)], output, { ...NOTHING_SAID, scale: '1' });
      const steps = await collect(openSource(output).open());
      for (const [part, ours] of [
        ['q', 'q'],
        ['k', 'k1'],
        ['v', 'v1'],
      ] as const)
        expect(
          steps.map(({ layers }) => layers.map((row) => [...row[ours]])),
          `${name}, ${part}`,
        ).toEqual(wanted[part]);
    }
  });
});
