import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTrace } from '../../data/sinks/trace-folder.js';
import { temporaryFolder } from '../../data/testing/folder.js';
import { runStart } from '../../data/testing/rows.js';
import { summarise } from '../../pipelines/summarise.js';
import { loadDuckDB } from './duckdb.js';
import { openTraces, type TraceDb } from './index.js';
import { traceBatches, writeTrace } from './testing/traces.js';

const folder = temporaryFolder();
const steps = 40;
let dirs: readonly string[] = [];
let db: TraceDb;

beforeAll(async () => {
  dirs = [
    await writeTrace(folder.path, 'one', traceBatches(steps)),
    await writeTrace(
      folder.path,
      "o[t]*her's",
      traceBatches(5, 1000).map(({ steps }) => ({ steps: steps! })),
    ),
  ];
  db = await openTraces(dirs);
});
afterAll(() => {
  db.close();
  folder.remove();
});

describe('views', () => {
  it('hold the rows of every trace under its label', async () => {
    const counts = await db.objects(`
      select trace, (select count(*) from steps s where s.trace = runs.trace) as steps,
        (select count(*) from outputs o where o.trace = runs.trace) as outputs,
        (select count(*) from events e where e.trace = runs.trace) as events, config_tokens, "config_model_t_2" as t
      from runs order by all desc`);
    expect(counts).toEqual([
      { trace: 'one', steps: 8 * steps, outputs: 8 * steps, events: 2, config_tokens: 8, t: 2 },
      { trace: "o[t]*her's", steps: 40, outputs: 0, events: 0, config_tokens: 8, t: 2 },
    ]);
    expect(await db.objects('select distinct message from events')).toEqual([{ message: "it's" }]);
  });

  it('are empty with the right columns when no trace has the table', async () => {
    const { columns, rows } = await db.query('from measures');
    expect(rows).toEqual([]);
    expect(columns.map(({ name, type }) => `${name} ${type}`)).toEqual(
      ['trace VARCHAR', 'stream_id INTEGER', 'layer INTEGER', 'head INTEGER', 'cache VARCHAR', 'step INTEGER', 'name VARCHAR', 'x DOUBLE', 'value DOUBLE'], // prettier-ignore
    );
  });

  it('give the summary that inspect gives', async () => {
    for (const { label, dir } of db.traces) {
      const { caches, tokens, score_std } = await summarise(dir);
      const rows = await db.objects(`select * exclude (plugin, options, trace) from by_cache where trace = '${label.replace("'", "''")}'`); // prettier-ignore
      expect(rows.map((row) => Object.keys(row).length)).toEqual([14, 14]);
      for (const [i, cache] of caches.entries()) {
        for (const [name, value] of Object.entries({ ...cache, tokens, score_std })) {
          if (typeof value !== 'number' || !/_mean|_share|ms_|score/.test(name))
            expect(rows[i][name], name).toBe(value);
          else expect(Math.abs(Number(rows[i][name]) - value), name).toBeLessThanOrEqual(1e-12 * value); // sums of doubles, in another order
        }
      }
    }
  });
});

it('adds up what windows of a language model hold one window at a time, as inspect does', async () => {
  const batches = [...traceBatches(6)].sort((a, b) => a.steps![0].stream_id - b.steps![0].stream_id);
  const inputs = [{ kind: 'model', path: 'm', windows: true }];
  const dirs = [
    await writeTrace(folder.path, 'windows', batches, { inputs }),
    await writeTrace(folder.path, 'streams', batches),
  ];
  const opened = await openTraces(dirs);
  const all = await opened.objects('select trace, cache, peak_held_bytes, peak_scratch_bytes, peak_resident_bytes from by_cache'); // prettier-ignore
  opened.close();
  for (const dir of dirs) {
    const { caches } = await summarise(dir);
    for (const { cache, peak_held_bytes, peak_scratch_bytes, peak_resident_bytes } of caches)
      expect(all).toContainEqual({ trace: dir.split('/').at(-1), cache, peak_held_bytes, peak_scratch_bytes, peak_resident_bytes }); // prettier-ignore
  }
  const held = (trace: string) =>
    Number(all.find((row) => row.trace === trace && row.cache === 'full')!.peak_held_bytes);
  expect(held('windows')).toBeLessThan(held('streams'));
});

describe('values', () => {
  it('are exact, or are text', async () => {
    const [row] =
      await db.objects(`select 9007199254740993::bigint as big, 7::hugeint as small, 0.1::double as d,
      1.25 as short, 12345678901234567890.5 as long, [1.5::float, null] as list, {'a': [1]} as struct, null as none,
      date '2026-11-22' as day, map {'k': 1} as map, 'nan'::double as nan`);
    expect(row).toEqual({
      ...{
        big: 9007199254740993n,
        small: 7,
        d: 0.1,
        short: 1.25,
        long: '12345678901234567890.5',
        none: null,
      },
      ...{
        list: [1.5, null],
        struct: { a: [1] },
        day: '2026-11-22',
        map: [{ key: 'k', value: 1 }],
        nan: NaN,
      },
    });
  });
});

it('a query can be given up', async () => {
  const sql = 'select sum(a.range * b.range) from range(1000000) a, range(1000000) b';
  const again = setInterval(() => db.interrupt(), 50); // at the first it may not have begun
  const running = db.query(sql).finally(() => clearInterval(again));
  await expect(running).rejects.toMatchObject({
    code: 'bad-input',
    message: expect.stringMatching(/interrupt/i),
  });
  expect((await db.query('select 1')).rows).toEqual([[1]]);
});

describe('the sandbox', () => {
  const refused = (sql: string, why: RegExp) =>
    expect(db.query(sql), sql).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringMatching(why),
    });

  it('reads nothing but the traces', async () => {
    for (const from of [
      "read_csv('/etc/passwd')",
      "'/etc/passwd'",
      "read_text('/etc/passwd')",
      "glob('/etc/*')",
    ])
      await refused(`select * from ${from}`, /Permission Error|does not exist/);
  });

  it('writes nothing, not even the traces', async () => {
    const path = join(dirs[0], 'steps.parquet');
    const before = readFileSync(path);
    const copy = `copy (select 1) to '${path}' (use_tmp_file false)`;
    await refused(copy, /COPY is not run/);
    await refused(`explain analyze ${copy}`, /EXPLAIN of anything but a SELECT is not run/);
    await refused(`explain /* */ analyze ${copy}`, /EXPLAIN/);
    await refused(`explain (analyze) ${copy}`, /EXPLAIN/);
    await refused(`prepare p as ${copy}`, /PREPARE is not run/);
    await refused(`select 1; ${copy}`, /COPY is not run/);
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(await db.query('explain (analyze, format json) select 1')).toMatchObject({
      rows: [expect.anything()],
    });
  });

  it('attaches and installs nothing, and cannot be left', async () => {
    await refused(`attach '${folder.path}/x.db'`, /ATTACH is not run/);
    await refused('install httpfs', /LOAD is not run/);
    await refused('load httpfs', /LOAD is not run/);
    await refused("from enable_logging(storage = 'file')", /enable_logging is not run/);
    await refused('pragma enable_profiling', /PRAGMA is not run/);
    for (const [name, value] of [
      ['enable_external_access', 'true'],
      ['lock_configuration', 'false'],
      ['allowed_directories', "['/']"],
      ['temp_directory', "'/tmp'"],
    ])
      // prettier-ignore
      await refused(`set ${name} = ${value}`, /the configuration has been locked/);
    await refused('reset enable_external_access', /the configuration has been locked/);
  });

  it('is lifted by unsafe', async () => {
    const open = await openTraces([dirs[0]], { unsafe: true });
    const file = join(folder.path, 'out.csv');
    await open.query(`copy (select 42 as x) to '${file}'`);
    expect(readFileSync(file, 'utf8')).toBe('x\n42\n');
    open.close();
  });
});

describe('bad input', () => {
  const opening = (names: readonly string[]) => expect(openTraces(names)).rejects;

  it('SQL that is wrong is shown with its place', async () => {
    await expect(db.query('select nosuch\nfrom by_cache')).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringMatching(/Binder Error: .*nosuch[^]*LINE 1: select nosuch\n +\^$/),
    });
    await expect(db.query(' ; ')).rejects.toMatchObject({
      code: 'bad-input',
      what: 'there is no SQL to run',
    });
  });

  it('a folder that is no trace, an unfinished trace, the same one twice, a damaged one', async () => {
    await opening([folder.path]).toMatchObject({
      code: 'bad-trace',
      what: expect.stringContaining('is not a trace'),
    });
    const live = join(folder.path, 'live');
    await createTrace(live, runStart);
    await opening([dirs[0], live]).toMatchObject({ code: 'bad-trace', hint: expect.stringContaining(`kronflow seal ${live}`) }); // prettier-ignore
    await opening([dirs[0], `${dirs[0]}/`]).toMatchObject({ code: 'bad-option' });
    const damaged = await writeTrace(folder.path, 'damaged', traceBatches(3));
    const path = join(damaged, 'steps.parquet');
    const bytes = readFileSync(path);
    bytes[bytes.length >> 1] ^= 1;
    writeFileSync(path, bytes);
    await opening([damaged]).toMatchObject({ code: 'bad-trace', what: expect.stringContaining('sha256') });
  });

  it('says what to install when there is no DuckDB', async () => {
    const missing = loadDuckDB(() =>
      Promise.reject(new Error("Cannot find package '@duckdb/node-api'\nmore")),
    );
    await expect(missing).rejects.toMatchObject({ code: 'not-found', hint: expect.stringContaining('npm install @duckdb/node-api@') }); // prettier-ignore
  });
});
