import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { RecordBatch } from 'apache-arrow';
import { Failure } from '../../src/core/failure.js';
import type { Columns } from '../schemas/column.js';
import type { RunFile } from '../schemas/run-file.js';
import { tableColumns, tableNames, type TableName } from '../schemas/tables.js';
import { fromRecordBatch } from './arrow-table.js';
import { JOURNAL, WRITER } from './journal.js';
import { lockTrace } from './lock-trace.js';
import { narrowParquet } from './narrow-parquet.js';
import { writeWhole, type OutFile } from './out-file.js';
import { readBatches, recoverJournal, type Cut, type Recovered, type RecoveredTable } from './recover.js';
import { resultHash, type ResultHash } from './result-hash.js';
import { checkSize } from './sealed-file.js';
import { readRunFile, writeRunFile } from './trace-folder.js';
import { writeVectorParquet } from './vector-parquet.js';
import { refuseLiveWriter } from './writer-mark.js';

/** What the end of a run adds to run.json; absent fields stay as they are. */
export interface RunEnd {
  readonly status?: 'complete' | 'interrupted' | 'failed';
  readonly counters?: { readonly read: number; readonly processed: number; readonly refused: number };
  /** Merged into what is there. */
  readonly execution?: Readonly<Record<string, unknown>>;
  readonly inputs?: RunFile['inputs'];
  readonly finished_at?: string | null;
  readonly error?: string | null;
}

/** What sealing did. */
export interface Sealed {
  readonly run: RunFile;
  /** What was left out; only cuts with `lostRows` or damage mean that something acknowledged is missing. */
  readonly cuts: readonly Cut[];
  /** The trace had been sealed before; nothing was done. */
  readonly already: boolean;
}

/** Tables whose values are the result of a run. */
export const HASHED: readonly TableName[] = ['steps', 'outputs', 'measures'];

/** Tables every sealed trace has, if only to be empty. */
const ALWAYS: readonly TableName[] = ['steps', 'events'];

/**
 * Turn the journal of the trace `dir` into Parquet, then remove it. The Parquet files are a pure function of the
 * journal: however often this is killed, at whatever moment, running it again gives the same files. `end` is
 * stored before the first conversion; without it a run that is still `running` was killed and is `interrupted`.
 *
 * @throws Failure `bad-trace`; `disk-full` or `not-writable`, and then the journal is as it was
 */
export async function sealTrace(dir: string, end: RunEnd = {}): Promise<Sealed> {
  const { sealed } = await readRunFile(dir);
  await refuseLiveWriter(join(dir, JOURNAL, WRITER));
  if (!sealed) await refuseLostJournal(dir);
  const lock = sealed ? null : await lockTrace(dir);
  try {
    const before = await readRunFile(dir); // again: another process may have sealed it while we waited for the lock
    return await (before.sealed ? sealedBefore(dir, before) : sealJournal(dir, before, end));
  } finally {
    await lock?.remove();
  }
}

async function sealedBefore(dir: string, run: RunFile): Promise<Sealed> {
  for (const name of Object.keys(run.outputs)) await checkSize(dir, run, name);
  await rm(join(dir, JOURNAL), { recursive: true, force: true }); // a seal may have been killed just before this
  return { run, cuts: run.cuts as unknown as readonly Cut[], already: true };
}

async function sealJournal(dir: string, before: RunFile, end: RunEnd): Promise<Sealed> {
  const recovered = await recoverJournal(dir);
  const run = applyEnd(before, end, recovered.cuts);
  await writeRunFile(dir, run);

  const hash = resultHash();
  const outputs: RunFile['outputs'] = {};
  for (const table of tableNames) {
    const from = recovered.tables[table];
    if (from === undefined && !ALWAYS.includes(table)) continue;
    const name = `${table}.parquet`;
    const written = await writeWhole(join(dir, name), (file) => convert(file, run, table, from, hash));
    outputs[name] = { ...written, rows: from?.rows ?? 0 };
  }
  const sealed = {
    ...run,
    sealed: true,
    outputs,
    result_sha256: hash.digest(),
    counters: withRows(run, recovered),
  };
  await writeRunFile(dir, sealed);
  await rm(join(dir, JOURNAL), { recursive: true, force: true });
  return { run: sealed, cuts: recovered.cuts, already: false };
}

function applyEnd(run: RunFile, { counters, execution, ...end }: RunEnd, cuts: readonly Cut[]): RunFile {
  const status = end.status ?? (run.status === 'running' ? 'interrupted' : run.status);
  return {
    ...run,
    ...end,
    status,
    execution: { ...run.execution, ...execution },
    counters: { ...run.counters, ...counters },
    cuts: cuts.map((cut) => ({ ...cut })),
  };
}

function withRows({ counters }: RunFile, { tables }: Recovered): RunFile['counters'] {
  const names = tableNames.filter((name) => tables[name] !== undefined || ALWAYS.includes(name));
  return { ...counters, rows: Object.fromEntries(names.map((name) => [name, tables[name]?.rows ?? 0])) };
}

async function convert(
  file: OutFile,
  run: RunFile,
  table: TableName,
  from: RecoveredTable | undefined,
  hash: ResultHash,
): Promise<void> {
  const columns = tableColumns(table, run.order);
  const metadata = fileMetadata(run, table, columns);
  const hashed = HASHED.includes(table);
  async function* pieces() {
    for await (const batch of from === undefined ? nothing() : readBatches(from)) {
      const piece = { data: fromRecordBatch(batch), rows: batch.numRows };
      if (hashed) hash.update(table, columns, piece.data, piece.rows);
      yield piece;
    }
  }
  if (Object.values(columns).some(({ type }) => type === 'VECTOR')) {
    await writeVectorParquet(file, { table, columns, d: run.d, metadata }, pieces());
    return;
  }
  const writer = narrowParquet(file, { table, columns, metadata });
  for await (const { data, rows } of pieces()) await writer.append(data, rows);
  await writer.finish();
}

async function* nothing(): AsyncGenerator<RecordBatch> {}

/** Nothing that differs between two runs with the same result: such runs have the same files. */
function fileMetadata(run: RunFile, table: TableName, columns: Columns): ReadonlyMap<string, string> {
  return new Map([
    ['kronflow.schema_version', String(run.schema_version)],
    ['kronflow.table', table],
    ['kronflow.order', run.order],
    ['kronflow.scale', String(run.scale)],
    ['kronflow.d', String(run.d)],
    ['kronflow.heads', String(run.heads)],
    ['kronflow.layers', String(run.layers)],
    ...Object.entries(columns).map(([name, { unit }]) => [`unit.${name}`, unit] as const),
  ]);
}

/** Parquet without run.json's word for it, and no journal to make it from: somebody removed the journal. */
async function refuseLostJournal(dir: string): Promise<void> {
  const [journal, steps] = await Promise.all(
    [JOURNAL, 'steps.parquet'].map((name) => stat(join(dir, name)).catch(() => null)),
  );
  if (journal !== null || steps === null) return;
  throw new Failure(
    'bad-trace',
    `${dir}: the journal is gone before it was sealed`,
    'restore it, or run again',
  );
}
