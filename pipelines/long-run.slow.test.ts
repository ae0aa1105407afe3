import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { queryDuckDB } from '../data/testing/duckdb.js';
import { temporaryFolder } from '../data/testing/folder.js';
import { pythonPath, runPython } from '../data/testing/python.js';
import { succeed } from '../src/cli/testing/kronflow.js';
import { randomStream } from '../src/core/random.js';
import { readRun } from './testing/traces.js';

const TOKENS = 2000;
const D = 16;
const ROWS = TOKENS * 2; // caches
const folder = temporaryFolder();
const dir = join(folder.path, 'trace');

beforeAll(async () => {
  const random = randomStream(3, 'words');
  const words =
    'the a cache token model key value that which keeps forgets asks and of in by with to for it'.split(' ');
  const text = Array.from({ length: TOKENS + 50 }, () => words[random.below(words.length)]).join(' ');
  writeFileSync(join(folder.path, 'text.txt'), text);
  const args = ['run', 'text.txt', '--d', `${D}`, '--heads', '1', '--tokens', `${TOKENS}`, '--outputs'];
  await succeed([...args, '-c', 'window', '-c', 'subgen4', '--reference', 'none', '-o', dir], {
    cwd: folder.path,
  });
});
afterAll(() => folder.remove());

/** What each reader is asked; sums of whole numbers, so that they are exact in any order. */
interface Sums {
  readonly rows: number;
  readonly steps: number;
  readonly tokens: number;
  readonly resident: number;
  readonly formula: number;
  readonly kept: number;
  readonly pairs: number;
  readonly nulls: number;
  readonly lse: number;
  readonly outputs: number;
  readonly numbers: number;
  readonly norm: number;
}

async function duckdb(): Promise<Sums> {
  const [row] = await queryDuckDB(`
    with s as (select count(*) as rows, count(distinct step) as steps, sum(token_id) as tokens,
        sum(resident_bytes) as resident, sum(formula_bytes) as formula, sum(kept_side1 + kept_side2) as kept,
        sum(pairs_scored) as pairs, count(*) - count(err_rel_l2) as nulls, sum(lse) as lse
        from '${dir}/steps.parquet'),
      o as (select count(*) as outputs, sum(len(output)) as numbers,
        sum(list_sum(list_transform(output, lambda x: x::double * x))) as norm from '${dir}/outputs.parquet')
    select * from s, o`);
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, Number(value)]),
  ) as unknown as Sums;
}

describe('a run of 2,000 tokens', () => {
  it('has in DuckDB what run.json says', async () => {
    const { counters, result_sha256 } = await readRun(dir);
    expect(counters).toEqual({
      ...{ read: TOKENS, processed: TOKENS, refused: 0 },
      rows: { steps: ROWS, outputs: ROWS, events: 0 },
    });
    expect(result_sha256).toMatch(/^[0-9a-f]{64}$/);
    const sums = await duckdb();
    expect(sums).toMatchObject({ rows: ROWS, steps: TOKENS, nulls: ROWS, outputs: ROWS, numbers: ROWS * D });
    const [window] = await queryDuckDB(
      `select sum(resident_bytes) as b, sum(pairs_scored) as p from '${dir}/steps.parquet' where cache = 'window'`,
    );
    const kept = Array.from({ length: TOKENS }, (_, step) => Math.min(step + 1, 128));
    expect(window).toEqual({
      b: kept.reduce((sum, n) => sum + 4 * n * D * 4, 0),
      p: kept.reduce((sum, n) => sum + n * n, 0),
    });
  });

  it.skipIf(pythonPath === null)('has the same counts, types and sums in pandas and in polars', async () => {
    const expected = await duckdb();
    const read = (await runPython(READERS, dir)) as Record<string, Sums & { types: Record<string, string> }>;
    for (const [reader, { types, ...sums }] of Object.entries(read)) {
      const { lse, norm, ...whole } = sums;
      expect(whole, reader).toEqual(
        Object.fromEntries(Object.keys(whole).map((k) => [k, expected[k as keyof Sums]])),
      );
      expect(Object.keys(whole)).toHaveLength(10);
      expect(Math.abs(lse - expected.lse)).toBeLessThan(1e-12 * Math.abs(expected.lse)); // order of summation
      expect(Math.abs(norm - expected.norm)).toBeLessThan(1e-12 * expected.norm);
      expect(types, reader).toEqual({
        step: 'int32',
        token_id: 'int32',
        resident_bytes: 'float64',
        prefill: 'bool',
      });
    }
    expect(Object.keys(read)).toEqual(['pandas', 'polars']);
  });
});

const READERS = `
import json, sys
import numpy as np, pandas as pd, polars as pl
steps, outputs = (f"{sys.argv[1]}/{name}.parquet" for name in ("steps", "outputs"))

def sums(s, o, types):
    return {
        "rows": len(s["step"]), "steps": len(np.unique(s["step"])), "tokens": int(s["token_id"].sum()),
        "resident": float(s["resident_bytes"].sum()), "formula": float(s["formula_bytes"].sum()),
        "kept": int(s["kept_side1"].sum() + s["kept_side2"].sum()), "pairs": float(s["pairs_scored"].sum()),
        "nulls": int(len(s["step"]) - s["err_rel_l2"].count()), "lse": float(s["lse"].sum()),
        "outputs": len(o), "numbers": int(o.size), "norm": float((o.astype(np.float64) ** 2).sum()),
        "types": {n: types[n] for n in ("step", "token_id", "resident_bytes", "prefill")},
    }

s = pd.read_parquet(steps, dtype_backend="pyarrow")
names = {"double[pyarrow]": "float64", "int32[pyarrow]": "int32", "bool[pyarrow]": "bool"}
o = np.stack(pd.read_parquet(outputs)["output"].to_list())
pandas = sums(s, o, {n: names.get(str(t), str(t)) for n, t in s.dtypes.items()})
s = pl.read_parquet(steps)
names = {pl.Float64: "float64", pl.Int32: "int32", pl.Boolean: "bool"}
o = np.stack(pl.read_parquet(outputs)["output"].to_list())
polars = sums(s, o, {n: names.get(t, str(t)) for n, t in s.schema.items()})
print(json.dumps({"pandas": pandas, "polars": polars}))
`;
