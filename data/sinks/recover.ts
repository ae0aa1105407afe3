import { open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { RecordBatchReader, type RecordBatch } from 'apache-arrow';
import { Failure } from '../../src/core/failure.js';
import { tableNames, type TableName } from '../schemas/tables.js';
import { parseCommit, type BatchRange, type Commit } from './commit-log.js';
import { COMMITS, JOURNAL } from './journal.js';

const EOS_BYTES = 8;

/** One table of a recovered journal: its file and the batches that are sound, in order. */
export interface RecoveredTable {
  readonly path: string;
  readonly rows: number;
  readonly batches: readonly BatchRange[];
}

/**
 * Something a journal holds that is not presented. `torn-commit` and `uncommitted` are what a kill leaves: bytes
 * that were never acknowledged. The others are damage, and everything from that flush on is cut:
 * `bad-commit` (a commit fails its checksum), `short-file` (a batch is missing bytes), `bad-batch` (its checksum).
 */
export interface Cut {
  readonly reason: 'torn-commit' | 'uncommitted' | 'bad-commit' | 'short-file' | 'bad-batch';
  readonly file: string;
  /** First byte that is cut. */
  readonly offset: number;
  readonly bytes: number;
  /** Acknowledged rows that are lost, of all tables, as far as the commits tell; 0 for what a kill leaves. */
  readonly lostRows: number;
}

/** What a journal holds: a prefix of the flushes, the same for all tables. */
export interface Recovered {
  /** The journal was closed in order. */
  readonly closed: boolean;
  readonly flushes: number;
  readonly tables: Readonly<Partial<Record<TableName, RecoveredTable>>>;
  /** Empty when the journal is sound to its last byte. */
  readonly cuts: readonly Cut[];
}

/**
 * Read the journal of the trace `dir` back: every acknowledged batch is checked against its checksum, and the
 * first one that fails ends what is presented, in all tables. Nothing is changed on disk.
 *
 * A run killed before its first row has no journal, or an empty one: that is a journal without flushes.
 *
 * @throws Failure `bad-trace` when the file of commits is missing beside tables
 */
export async function recoverJournal(dir: string): Promise<Recovered> {
  const folder = join(dir, JOURNAL);
  const text = await readCommitFile(folder);
  const cuts: Cut[] = [];
  const commits = readCommits(text, cuts);
  const good = await checkBatches(folder, commits, cuts);
  const closed = good.length === commits.length && commits.at(-1)?.closed === true;
  const tables: Partial<Record<TableName, RecoveredTable>> = {};
  for (const name of tableNames) {
    const batches = good.flatMap(({ tables }) => tables[name] ?? []);
    const path = join(folder, `${name}.arrows`);
    if (batches.length > 0)
      tables[name] = { path, rows: batches.reduce((sum, { rows }) => sum + rows, 0), batches };
    if (good.length === commits.length) await findUncommitted(path, batches.at(-1), closed, cuts);
  }
  return { closed, flushes: good.length, tables, cuts };
}

async function readCommitFile(folder: string): Promise<Buffer> {
  try {
    return await readFile(join(folder, COMMITS));
  } catch (error) {
    const files = await readdir(folder).catch(() => []);
    if (
      (error as NodeJS.ErrnoException).code === 'ENOENT' &&
      !files.some((name) => name.endsWith('.arrows'))
    ) {
      return Buffer.alloc(0);
    }
    throw new Failure(
      'bad-trace',
      `${join(folder, COMMITS)} cannot be read: which rows are sound is not known without it`,
      'restore it from a copy, or run again',
      { cause: error },
    );
  }
}

/** The sound batches of a table, in file order; one is in memory at a time. */
export async function* readBatches({ path, batches }: RecoveredTable): AsyncGenerator<RecordBatch> {
  for await (const batch of await RecordBatchReader.from(readRanges(path, batches))) yield batch;
}

async function* readRanges(path: string, batches: readonly BatchRange[]): AsyncGenerator<Uint8Array> {
  const handle = await open(path);
  try {
    for (const { offset, length } of batches) {
      const bytes = new Uint8Array(length); // its own buffer: Arrow makes views that outlive this turn
      await handle.read(bytes, 0, length, offset);
      yield bytes;
    }
  } finally {
    await handle.close();
  }
}

/** Lines up to the first that is torn or damaged. A commit must follow the one before it. */
function readCommits(text: Buffer, cuts: Cut[]): Commit[] {
  const commits: Commit[] = [];
  for (let offset = 0; offset < text.length;) {
    const end = text.indexOf(10, offset);
    const commit = end < 0 ? null : parseCommit(text.toString('utf8', offset, end));
    if (commit === null || commit.flush !== commits.length) {
      const isTorn = end < 0 && parseCommit(text.toString('utf8', offset, text.length - 1)) === null;
      const reason = isTorn ? 'torn-commit' : 'bad-commit'; // a whole line that ends in no newline was flipped
      cuts.push({
        reason,
        file: COMMITS,
        offset,
        bytes: text.length - offset,
        lostRows: lostRows(text, end),
      });
      break;
    }
    commits.push(commit);
    offset = end + 1;
  }
  return commits;
}

/** Rows named by the lines after a damaged one. */
function lostRows(text: Buffer, end: number): number {
  if (end < 0) return 0;
  const lines = text.toString('utf8', end + 1).split('\n');
  return sumRows(lines.map(parseCommit).filter((commit) => commit !== null));
}

function sumRows(commits: readonly Commit[]): number {
  const ranges = commits.flatMap(({ tables }) => Object.values(tables));
  return ranges.reduce((sum, { rows }) => sum + rows, 0);
}

/** The commits before the first batch that is not what its checksum says. */
async function checkBatches(
  folder: string,
  commits: readonly Commit[],
  cuts: Cut[],
): Promise<readonly Commit[]> {
  let good = commits.length;
  for (const name of tableNames) {
    const bad = await firstBadBatch(join(folder, `${name}.arrows`), name, commits.slice(0, good));
    if (bad === null) continue;
    good = bad.at;
    const { offset, length } = commits[good].tables[name] as BatchRange;
    const lost = sumRows(commits.slice(good));
    cuts.length = 0; // an earlier cut says more than a later one
    cuts.push({ reason: bad.reason, file: `${name}.arrows`, offset, bytes: length, lostRows: lost });
  }
  return commits.slice(0, good);
}

async function firstBadBatch(path: string, name: TableName, commits: readonly Commit[]) {
  const first = commits.findIndex(({ tables }) => tables[name] !== undefined);
  if (first < 0) return null;
  const handle = await open(path).catch(() => null);
  if (handle === null) return { at: first, reason: 'short-file' as const };
  try {
    for (let at = first; at < commits.length; at++) {
      const range = commits[at].tables[name];
      if (range === undefined) continue;
      const bytes = new Uint8Array(range.length);
      const { bytesRead } = await handle.read(bytes, 0, range.length, range.offset);
      if (bytesRead < range.length) return { at, reason: 'short-file' as const };
      if (crc32(bytes) !== range.crc) return { at, reason: 'bad-batch' as const };
    }
    return null;
  } finally {
    await handle.close();
  }
}

/** Bytes after the last commit: a flush that was never acknowledged, or the end mark of a closed stream. */
async function findUncommitted(path: string, last: BatchRange | undefined, closed: boolean, cuts: Cut[]) {
  const size = await stat(path).then(
    (file) => file.size,
    () => 0,
  );
  const offset = (last?.offset ?? 0) + (last?.length ?? 0);
  const bytes = size - offset - (closed ? EOS_BYTES : 0);
  if (bytes > 0)
    cuts.push({
      reason: 'uncommitted',
      file: path.slice(path.lastIndexOf('/') + 1),
      offset,
      bytes,
      lostRows: 0,
    });
}
