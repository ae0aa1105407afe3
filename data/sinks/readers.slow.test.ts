import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { outputColumns } from '../schemas/outputs.js';
import { stepColumns } from '../schemas/steps.js';
import { queryDuckDB } from '../testing/duckdb.js';
import { temporaryFolder } from '../testing/folder.js';
import { pythonPath, runPython } from '../testing/python.js';
import { recordingRow, runStart, stepBatch, stepRow } from '../testing/rows.js';
import { openJournal } from './journal.js';
import { sealTrace } from './seal.js';
import { createTrace } from './trace-folder.js';

const STEPS = 2000;
const ROWS = 4 * STEPS;
const d = runStart.d;
const folder = temporaryFolder();
const dir = join(folder.path, 'run');
const steps = join(dir, 'steps.parquet');
const rows = Array.from({ length: ROWS }, (_, i) => stepRow(i));
const names = Object.keys(stepColumns) as (keyof typeof stepColumns)[];

/** What every reader must say about steps.parquet: nulls and sums by column. */
const facts = {
  rows: ROWS,
  nulls: Object.fromEntries(names.map((name) => [name, rows.filter((row) => row[name] === null).length])),
  resident: rows.reduce((sum, row) => sum + row.resident_bytes, 0),
  samplesAreZero: rows.filter(({ samples }) => samples === 0).length,
  nan: rows.filter(({ err_cos }) => Number.isNaN(err_cos)).length,
  minusInfinity: rows.filter(({ logz_err }) => logz_err === -Infinity).length,
  windows: rows.filter(({ cache }) => cache === 'window').length,
  prefills: rows.filter(({ prefill }) => prefill).length,
};

beforeAll(async () => {
  await createTrace(dir, runStart);
  const journal = await openJournal(dir, { d, order: 'tensor', clock: { now: () => 0 } });
  for (let s = 0; s < STEPS; s++)
    await journal.write({ ...stepBatch(s, d), recording: [recordingRow(s, d)] });
  await journal.close();
  await sealTrace(dir, { status: 'complete' });
});
afterAll(() => folder.remove());

describe('DuckDB', () => {
  it('reads counts, sums, null apart from 0, NaN and infinity', async () => {
    const nulls = names.map((name) => `count(*) filter (${name} is null)::int as ${name}`).join(', ');
    const [found] = await queryDuckDB(
      `select count(*)::int as rows, sum(resident_bytes) as resident,
        count(*) filter (samples = 0)::int as "samplesAreZero", count(*) filter (isnan(err_cos))::int as nan,
        count(*) filter (logz_err = '-inf'::double)::int as "minusInfinity",
        count(*) filter (cache = 'window')::int as windows, count(*) filter (prefill)::int as prefills
       from read_parquet('${steps}')`,
    );
    const [counted] = await queryDuckDB(`select ${nulls} from read_parquet('${steps}')`);
    expect({ ...found, nulls: counted }).toEqual(facts);
  });

  it('sees the types and units', async () => {
    const types = await queryDuckDB(`describe select * from read_parquet('${steps}')`);
    const expected = { INT32: 'INTEGER', DOUBLE: 'DOUBLE', BOOLEAN: 'BOOLEAN', UTF8: 'VARCHAR' };
    expect(types.map(({ column_name, column_type }) => [column_name, column_type])).toEqual(
      names.map((name) => [name, expected[stepColumns[name].type]]),
    );
    const kv = await queryDuckDB(
      `select decode(key) as k, decode(value) as v from parquet_kv_metadata('${steps}')`,
    );
    const found = Object.fromEntries(kv.map(({ k, v }) => [k, v]));
    expect(found).toMatchObject(
      Object.fromEntries(names.map((name) => [`unit.${name}`, stepColumns[name].unit])),
    );
    expect(found).toMatchObject({ 'kronflow.scale': '0.5', 'kronflow.order': 'tensor', 'kronflow.d': '4' });
  });

  it('joins outputs on the key, which is unique, and casts vectors', async () => {
    const [joined] = await queryDuckDB(
      `select count(*)::int as n, sum(list_sum(output::float[${d}]))::double as total
       from read_parquet('${steps}') join read_parquet('${dir}/outputs.parquet') using (stream_id, layer, head, cache, step)`,
    );
    const perRow = (d * (d - 1)) / 2 / 256;
    expect(joined).toEqual({ n: ROWS, total: (d * ROWS * (ROWS - 1)) / 2 + ROWS * perRow });
  });
});

const SCRIPT = `
import sys, json, math
import pandas, polars, pyarrow.parquet as pq
folder = sys.argv[1]
steps = folder + '/steps.parquet'
p = pandas.read_parquet(steps, engine='pyarrow')
l = polars.read_parquet(steps)
a = pq.read_table(steps)
o = pq.read_table(folder + '/outputs.parquet')
r = pq.read_table(folder + '/recording.parquet')
lo = polars.read_parquet(folder + '/outputs.parquet')
e = polars.read_parquet(folder + '/events.parquet')
meta = lambda path: {k.decode(): v.decode() for k, v in pq.ParquetFile(path).metadata.metadata.items() if k != b'ARROW:schema'}
cos = a['err_cos'].to_pylist()
print(json.dumps({
  'pandas': {
    'rows': len(p), 'resident': p.resident_bytes.sum(), 'samplesAreZero': int((p.samples == 0).sum()),
    'minusInfinity': int((p.logz_err == -math.inf).sum()), 'windows': int((p.cache == 'window').sum()), 'prefills': int(p.prefill.sum()),
  },
  'pandasTypes': {n: str(t) for n, t in p.dtypes.items()},
  'arrow': {
    'rows': a.num_rows, 'nulls': {n: a[n].null_count for n in a.column_names}, 'resident': sum(a['resident_bytes'].to_pylist()),
    'samplesAreZero': a['samples'].to_pylist().count(0), 'nan': sum(x is not None and math.isnan(x) for x in cos),
    'minusInfinity': a['logz_err'].to_pylist().count(-math.inf), 'windows': a['cache'].to_pylist().count('window'), 'prefills': sum(a['prefill'].to_pylist()),
  },
  'arrowTypes': {f.name: str(f.type) for f in a.schema}, 'arrowNullable': {f.name: f.nullable for f in a.schema},
  'polars': {
    'rows': l.height, 'nulls': {n: l[n].null_count() for n in l.columns}, 'resident': l['resident_bytes'].sum(),
    'samplesAreZero': int((l['samples'] == 0).sum()), 'nan': int(l['err_cos'].is_nan().sum()),
    'minusInfinity': int((l['logz_err'] == -math.inf).sum()), 'windows': int((l['cache'] == 'window').sum()), 'prefills': int(l['prefill'].sum()),
  },
  'polarsTypes': {n: str(t) for n, t in l.schema.items()},
  'stepsMeta': meta(steps), 'outputsMeta': meta(folder + '/outputs.parquet'),
  'outputType': str(o.schema.field('output').type), 'polarsOutputType': str(lo.schema['output']),
  'lastOutput': o['output'][-1].as_py(), 'outputSum': float(lo['output'].explode().cast(polars.Float64).sum()),
  'recording': {'names': r.column_names, 'rows': r.num_rows, 'k2': r['k2'][7].as_py(), 'nulls': r['token_id'].null_count, 'type': str(r.schema.field('v2').type)},
  'events': {'rows': e.height, 'message': e['message'][1], 'nulls': e['stream_id'].null_count()},
}))
`;

describe.skipIf(pythonPath === null)('pandas, pyarrow and polars', () => {
  type Found = Record<string, Record<string, unknown>>;
  let found: Found = {};
  beforeAll(async () => {
    found = (await runPython(SCRIPT, dir)) as Found;
  });

  it('agree on counts, sums, null apart from 0, NaN and infinity', () => {
    const { nulls, nan, ...plain } = facts;
    expect(found.pandas).toEqual(plain);
    expect(found.arrow).toEqual({ ...plain, nulls, nan });
    expect(found.polars).toEqual({ ...plain, nulls, nan });
  });

  it('see numbers as numbers', () => {
    const arrow = { INT32: 'int32', DOUBLE: 'double', BOOLEAN: 'bool', UTF8: 'string' };
    const polars = { INT32: 'Int32', DOUBLE: 'Float64', BOOLEAN: 'Boolean', UTF8: 'String' };
    const by = (map: typeof arrow) =>
      Object.fromEntries(names.map((name) => [name, map[stepColumns[name].type]]));
    expect(found.arrowTypes).toEqual(by(arrow));
    expect(found.polarsTypes).toEqual(by(polars));
    expect(found.arrowNullable).toEqual(
      Object.fromEntries(names.map((name) => [name, stepColumns[name].nullable])),
    );
    for (const name of names.filter((name) => name.endsWith('_bytes') && name !== 'budget_bytes')) {
      expect(found.pandasTypes[name], name).toBe('float64');
    }
  });

  it('find the units and the shape of the run in the metadata', () => {
    const units = (columns: Record<string, { unit: string }>) =>
      Object.fromEntries(Object.entries(columns).map(([name, { unit }]) => [`unit.${name}`, unit]));
    const run = {
      'kronflow.schema_version': '1',
      'kronflow.order': 'tensor',
      'kronflow.scale': '0.5',
      'kronflow.d': '4',
      'kronflow.heads': '1',
      'kronflow.layers': '1',
    };
    expect(found.stepsMeta).toEqual({ ...run, 'kronflow.table': 'steps', ...units(stepColumns) });
    expect(found.outputsMeta).toEqual({ ...run, 'kronflow.table': 'outputs', ...units(outputColumns) });
  });

  it('read vectors of fixed size', () => {
    expect(found.outputType).toBe('fixed_size_list<item: float not null>[4]');
    expect(found.polarsOutputType).toBe('Array(Float32, shape=(4,))');
    expect(found.lastOutput).toEqual([0, 1, 2, 3].map((j) => ROWS - 1 + j / 256));
    expect(found.outputSum).toBe((d * ROWS * (ROWS - 1)) / 2 + (ROWS * 6) / 256);
    expect(found.recording).toEqual({
      names: ['stream_id', 'pos', 'token_id', 't_ns', 'layer', 'head', 'q', 'k1', 'k2', 'v1', 'v2'],
      rows: STEPS,
      k2: [72, 72 + 1 / 256, 72 + 2 / 256, 72 + 3 / 256],
      nulls: Math.ceil(STEPS / 3),
      type: 'fixed_size_list<item: float not null>[4]',
    });
    expect(found.events).toEqual({ rows: STEPS / 10, message: 'wörker 10 🧵\n"again"', nulls: STEPS / 10 });
  });

  it('read an empty table', async () => {
    const empty = join(folder.path, 'empty');
    await createTrace(empty, runStart);
    await sealTrace(empty);
    const script = `
import sys, json, pandas, polars, pyarrow.parquet as pq
path = sys.argv[1] + '/steps.parquet'
print(json.dumps([len(pandas.read_parquet(path)), polars.read_parquet(path).height, pq.read_table(path).num_columns]))`;
    expect(await runPython(script, empty)).toEqual([0, 0, names.length]);
  });

  it('read the journal itself, while the run is still going', async () => {
    const live = join(folder.path, 'live');
    await createTrace(live, runStart);
    const journal = await openJournal(live, { d, order: 'tensor', clock: { now: () => 0 }, flushRows: 10 });
    for (let s = 0; s < 10; s++) await journal.write(stepBatch(s, d));
    const script = `
import sys, json, pyarrow as pa
t = pa.ipc.open_stream(sys.argv[1] + '/journal/steps.arrows').read_all()
print(json.dumps([t.num_rows, t['evicted_side2'].to_pylist()[-1]]))`;
    const rows = journal.acknowledged().steps;
    expect(await runPython(script, live)).toEqual([rows, (rows ?? 0) - 1]);
    await journal.close();
    expect(await runPython(script, live)).toEqual([40, 39]);
  });
});
