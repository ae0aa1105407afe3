import type { RunFile } from '../../data/schemas/run-file.js';
import { tableColumns, tableNames, type TableName } from '../../data/schemas/tables.js';
import { readTable, type TableBatch } from '../../data/sinks/read-table.js';
import { resultHash } from '../../data/sinks/result-hash.js';
import { HASHED } from '../../data/sinks/seal.js';
import { readSealedRun } from '../../data/sinks/read-steps.js';
import { sha256Json } from '../../data/sinks/trace-folder.js';
import { caches as builtIn } from '../../operators/caches/index.js';
import { Failure } from '../../src/core/failure.js';
import { configSchema, type Config } from '../config.js';
import { droppedCaches, goneCaches, type Gone } from './dropped.js';
import { findings, type Finding, type Findings } from './finding.js';
import { measureOrder } from './measure-order.js';
import { rowOrder, type Grid } from './row-order.js';
import { values } from './values.js';

/** What `lintTrace` looked at, and what it found. */
export interface Linted {
  readonly run: RunFile;
  /** Rows that were read, by table. */
  readonly rows: Readonly<Partial<Record<TableName, number>>>;
  readonly findings: readonly Finding[];
}

/**
 * Hold a sealed trace against the laws (docs/laws.md), a batch of rows at a time: checksums, one row per cache and head of
 * every step (L1), read = processed + refused (L3), bytes against the formula of exact caches (L2), clocks that never go back,
 * values that nobody can have measured, and measured columns that never change.
 *
 * @throws Failure `bad-trace` for a folder that is no sealed trace of this version
 */
export async function lintTrace(dir: string): Promise<Linted> {
  const run = await readSealedRun(dir);
  const config = configSchema.safeParse(run.config);
  if (!config.success)
    throw new Failure('bad-trace', `${dir}/run.json: its config is not one of this version`);
  const found = findings();
  const hash = resultHash();
  const rows: Partial<Record<TableName, number>> = {};
  const gone = goneCaches(droppedCaches(run));
  for (const table of tableNames.filter((name) => run.outputs[`${name}.parquet`] !== undefined)) {
    const columns = tableColumns(table, run.order);
    const hashed = HASHED.includes(table);
    const looks = looksAt(table, run, config.data, gone, found);
    const read = await readAll(dir, run, table, found, (batch) => {
      if (hashed) hash.update(table, columns, batch.columns, batch.rows);
      for (const look of looks) look.see(batch);
    });
    if (read === undefined) continue;
    rows[table] = read;
    for (const look of looks) look.end();
  }
  const isWhole = found.list().every(({ rule }) => rule !== 'checksum');
  checkRunFile(run, config.data, rows, found);
  if (isWhole && hash.digest() !== run.result_sha256) {
    found.broken('checksum', 'result', 'run.json: result_sha256 is not that of the rows');
  }
  return { run, rows, findings: found.list() };
}

/** Rows of a table; undefined when it is damaged, which is a finding and no end: the other tables may be sound. */
async function readAll(
  dir: string,
  run: RunFile,
  table: TableName,
  found: Findings,
  see: (batch: TableBatch) => void,
): Promise<number | undefined> {
  let rows = 0;
  try {
    for await (const batch of readTable(dir, run, table)) {
      see(batch);
      rows += batch.rows;
    }
    return rows;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    found.broken('checksum', table, error.what);
    return undefined;
  }
}

interface Look {
  see(batch: TableBatch): void;
  end(): void;
}

function looksAt(
  table: TableName,
  run: RunFile,
  config: Config,
  gone: Gone,
  found: Findings,
): readonly Look[] {
  const looks: Look[] = [];
  if (table === 'measures') looks.push(measureOrder(run, config, found));
  else if (table !== 'events') {
    const order = rowOrder(gridOf(table, run, config, gone), found);
    looks.push({ see: order.see, end: () => checkSteps(table, run, config, order.end(), found) });
  }
  if (table !== 'events') looks.push(values(table, tableColumns(table, run.order), found));
  if (table === 'steps') looks.push(bytes(config, found), clock(found));
  return looks;
}

function gridOf(table: TableName, { layers, heads }: RunFile, { caches, prompt }: Config, gone: Gone): Grid {
  const labels = table === 'recording' ? null : caches.map(({ label }) => label);
  const firstStep = table === 'recording' ? null : table === 'outputs' ? prompt : 0;
  return { table, layers, heads, caches: labels, firstStep, gone: table === 'steps' ? gone.next : gone.at };
}

/** Law L3 where rows can tell: every processed step has its rows. */
function checkSteps(
  table: TableName,
  { counters }: RunFile,
  { prompt }: Config,
  streams: ReadonlyMap<number, number>,
  found: Findings,
): void {
  const steps = [...streams.values()].reduce((sum, n) => sum + n, 0);
  const { processed } = counters;
  if (processed === null || (table === 'outputs' && prompt > 0) || steps === processed) return;
  found.broken('L3', table, `${table}.parquet has ${steps} steps, run.json says ${processed} were processed`);
}

function checkRunFile(
  { config, config_sha256, counters, cuts, status, outputs, execution }: RunFile,
  { trace }: Config,
  rows: Linted['rows'],
  found: Findings,
): void {
  const { read, processed, refused } = counters;
  if (sha256Json(config) !== config_sha256)
    found.broken('checksum', 'config', 'run.json: config_sha256 is not that of config');
  if (read !== null && read !== (processed ?? NaN) + (refused ?? NaN)) {
    found.broken(
      'L3',
      'counters',
      `run.json: read ${read} is not processed ${processed} + refused ${refused}`,
    );
  }
  if (status !== 'complete') found.note('status', 'status', `run.json: the run is ${status}`);
  for (const { cache, message } of droppedCaches({ execution })) {
    found.note('dropped', cache, `run.json: cache ${cache} was dropped: ${message}`);
  }
  for (const cut of cuts)
    found.note('cut', JSON.stringify(cut), `run.json: left out: ${JSON.stringify(cut)}`);
  for (const table of ['outputs', 'recording'] as const) {
    if (trace[table] && rows.steps !== 0 && outputs[`${table}.parquet`] === undefined)
      found.note('missing', table, `${table}.parquet is not there`);
  }
}

/** Law L2: an exact cache holds what its formula says, byte for byte. */
function bytes({ caches }: Config, found: Findings): Look {
  const exact = caches.filter(
    // a plug-in may be gone by now: its bytes were held against its formula nowhere but in its own tests
    ({ name }) => builtIn.find(({ spec }) => spec.name === name)?.spec.exactness === 'exact',
  );
  const labels = new Set(exact.map(({ label }) => label));
  let before = 0;
  return {
    see({ columns, rows }) {
      const [cache, resident, formula] = ['cache', 'resident_bytes', 'formula_bytes'].map(
        (name) => columns[name].values,
      );
      for (let i = 0; i < rows; i++) {
        if (resident[i] === formula[i] || !labels.has(cache[i] as string)) continue;
        const what = `${cache[i]} holds ${resident[i]} bytes, its formula says ${formula[i]}`;
        found.broken('L2', String(cache[i]), `steps.parquet, row ${before + i} (from 0): ${what}`);
      }
      before += rows;
    },
    end: () => undefined,
  };
}

/** Rows are written one step after the other, so their times never go back. */
function clock(found: Findings): Look {
  let [before, last] = [0, -Infinity];
  return {
    see({ columns: { t_ns }, rows }) {
      for (let i = 0; i < rows; i++) {
        if (t_ns.valid !== null && t_ns.valid[i] !== 1) continue;
        const now = t_ns.values[i] as number;
        if (now < last) {
          found.broken(
            'clock',
            't_ns',
            `steps.parquet, row ${before + i} (from 0): t_ns is ${now} after ${last}`,
          );
        }
        last = now;
      }
      before += rows;
    },
    end: () => undefined,
  };
}
