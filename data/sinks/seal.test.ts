import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  rmdirSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { queryDuckDB } from '../testing/duckdb.js';
import { temporaryFolder } from '../testing/folder.js';
import { recordingRow, runStart, stepBatch, stepRow } from '../testing/rows.js';
import { onTinyDisk } from '../testing/tiny-disk.js';
import { openJournal } from './journal.js';
import { sealTrace } from './seal.js';
import { createTrace, readRunFile } from './trace-folder.js';

const STEPS = 60;
const d = runStart.d;
let folder = temporaryFolder();
const dir = () => join(folder.path, 'run');

beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

/** A run of 4 · STEPS rows; `close: false` leaves it as a kill after the last flush would. */
async function record(to = dir(), { flushRows = 256, close = true } = {}): Promise<void> {
  await createTrace(to, runStart);
  const journal = await openJournal(to, { d, order: 'tensor', clock: { now: () => 0 }, flushRows });
  for (let s = 0; s < STEPS; s++) await journal.write(stepBatch(s, d));
  await journal.close();
  if (close) return;
  const [commits, ...tables] = ['commits', 'steps.arrows', 'outputs.arrows', 'events.arrows'].map((name) =>
    join(to, 'journal', name),
  );
  const text = readFileSync(commits, 'utf8');
  truncateSync(commits, text.lastIndexOf('\n', text.length - 2) + 1);
  for (const table of tables) truncateSync(table, statSync(table).size - 8);
}
const files = (at = dir()) => readdirSync(at).sort();

it('leaves run.json and one Parquet file a table, and no journal', async () => {
  await record();
  const counters = { read: STEPS, processed: STEPS, refused: 0 };
  const end = { status: 'complete', counters, finished_at: '2026-11-22T09:00:00.000Z' } as const;
  const { run, cuts, already } = await sealTrace(dir(), end);
  expect(files()).toEqual(['events.parquet', 'outputs.parquet', 'run.json', 'steps.parquet']);
  expect({ cuts, already }).toEqual({ cuts: [], already: false });
  expect(run).toMatchObject({ status: 'complete', sealed: true, finished_at: end.finished_at });
  expect(run.counters).toEqual({ ...counters, rows: { steps: 240, outputs: 240, events: 6 } });
  expect(await readRunFile(dir())).toEqual(run);
  for (const [name, { bytes }] of Object.entries(run.outputs))
    expect(statSync(join(dir(), name)).size).toBe(bytes);
  const rows = await queryDuckDB(`select * from read_parquet('${dir()}/steps.parquet')`);
  expect(rows).toEqual(Array.from({ length: 4 * STEPS }, (_, i) => stepRow(i)));
});

it('gives the same bytes however the journal was cut', async () => {
  const sealed = [];
  for (const flushRows of [1, 7, 256]) {
    const to = join(folder.path, `cut-${flushRows}`);
    await record(to, { flushRows });
    const { run } = await sealTrace(to);
    sealed.push({ outputs: run.outputs, result: run.result_sha256 });
  }
  expect(sealed[1]).toEqual(sealed[0]);
  expect(sealed[2]).toEqual(sealed[0]);
  expect(sealed[0].result).toMatch(/^[0-9a-f]{64}$/);
});

it('is done once: sealing again changes nothing', async () => {
  await record();
  const first = await sealTrace(dir(), { status: 'complete' });
  const again = await sealTrace(dir(), { status: 'failed' });
  expect(again).toEqual({ ...first, already: true });
});

it('seals recordings, without k2 and v2 in matrix order', async () => {
  await createTrace(dir(), { ...runStart, order: 'matrix' });
  const journal = await openJournal(dir(), { d, order: 'matrix', clock: { now: () => 0 } });
  await journal.write({ recording: [{ ...recordingRow(5, d), k2: null, v2: null }] });
  await journal.close();
  await sealTrace(dir());
  const [row] = await queryDuckDB(`select * from read_parquet('${dir()}/recording.parquet')`);
  expect(row).toEqual({ stream_id: 0, pos: 5, token_id: 5, t_ns: 5e6, layer: 0, head: 0, ...vectors() });
  function vectors() {
    const { q, k1, v1 } = recordingRow(5, d);
    return { q: Array.from(q), k1: Array.from(k1), v1: Array.from(v1) };
  }
});

describe('a killed run', () => {
  it('is interrupted, and has every acknowledged row', async () => {
    await record(dir(), { close: false });
    const { run } = await sealTrace(dir());
    expect(run).toMatchObject({ status: 'interrupted', sealed: true, finished_at: null });
    expect(run.counters).toEqual({
      read: null,
      processed: null,
      refused: null,
      rows: { steps: 240, outputs: 240, events: 6 },
    });
  });

  it('before its first row: an empty trace', async () => {
    await createTrace(dir(), runStart);
    const { run } = await sealTrace(dir());
    expect(run.counters.rows).toEqual({ steps: 0, events: 0 });
    const [{ n }] = await queryDuckDB(
      `select count(lse)::int as n from read_parquet('${dir()}/steps.parquet')`,
    );
    expect(n).toBe(0);
  });

  it('with a damaged tail: the sound part, and what was lost', async () => {
    await record(dir(), { flushRows: 40, close: false });
    const path = join(dir(), 'journal', 'outputs.arrows');
    truncateSync(path, statSync(path).size - 1);
    const { run, cuts } = await sealTrace(dir());
    expect(run.counters.rows).toEqual({ steps: 200, outputs: 200, events: 5 });
    expect(cuts).toMatchObject([{ reason: 'short-file', file: 'outputs.arrows', lostRows: 81 }]);
    expect(run.cuts).toEqual(cuts);
  });

  it('is left alone while its process lives', async () => {
    await record(dir(), { close: false });
    writeFileSync(join(dir(), 'journal', 'writer.pid'), `${process.ppid}\n`);
    await expect(sealTrace(dir())).rejects.toMatchObject({ name: 'Failure', code: 'bad-trace' });
    writeFileSync(join(dir(), 'journal', 'writer.pid'), `${2 ** 30}\n`); // above any pid
    expect((await sealTrace(dir())).run.sealed).toBe(true);
  });

  it('is left alone while this process writes it, under whatever name', async () => {
    await createTrace(dir(), runStart);
    const journal = await openJournal(dir(), { d: 4, order: 'tensor', clock: { now: () => 0 } });
    symlinkSync(dir(), join(folder.path, 'link'));
    for (const name of [dir(), join(folder.path, 'link')]) {
      await expect(sealTrace(name)).rejects.toThrow(/still being written by process/);
    }
    await journal.close();
    expect((await sealTrace(dir())).run.sealed).toBe(true);
  });

  it.each([
    ['its id is ours', `${process.pid} 1\n`],
    ['its id was given to another', `${process.ppid} 1\n`],
    ['its mark is torn', ''],
  ])('is sealed when its process is gone: %s', async (_, mark) => {
    await record(dir(), { close: false });
    writeFileSync(join(dir(), 'journal', 'writer.pid'), mark);
    expect((await sealTrace(dir())).run.sealed).toBe(true);
  });
});

describe('a seal that was killed', () => {
  /** Every state on disk that a kill can leave: after each step of sealTrace. */
  async function states(): Promise<readonly string[]> {
    await record();
    const sealed = join(folder.path, 'sealed');
    cpSync(dir(), sealed, { recursive: true });
    await sealTrace(sealed, { status: 'complete' });
    const make = (name: string, change: (at: string) => void) => {
      const at = join(folder.path, name);
      cpSync(dir(), at, { recursive: true });
      change(at);
      return at;
    };
    const copy = (at: string, ...names: string[]) =>
      names.forEach((name) => cpSync(join(sealed, name), join(at, name)));
    return [
      make('half-temp', (at) => writeFileSync(join(at, 'steps.parquet.tmp'), 'PAR1half')),
      make('one-table', (at) => copy(at, 'steps.parquet')),
      make('stale', (at) => writeFileSync(join(at, 'outputs.parquet'), 'PAR1')),
      make('all-tables', (at) => copy(at, 'steps.parquet', 'outputs.parquet', 'events.parquet')),
      make('run-json-temp', (at) => {
        copy(at, 'steps.parquet', 'outputs.parquet', 'events.parquet');
        writeFileSync(join(at, 'run.json.tmp'), '{');
      }),
      make('journal-left', (at) =>
        copy(at, 'steps.parquet', 'outputs.parquet', 'events.parquet', 'run.json'),
      ),
      make('half-journal-left', (at) => {
        copy(at, 'steps.parquet', 'outputs.parquet', 'events.parquet', 'run.json');
        rmSync(join(at, 'journal', 'commits'));
      }),
    ];
  }

  it('is finished by the next one, with the same files, from every state', async () => {
    const expected = (at: string) =>
      ['events.parquet', 'outputs.parquet', 'steps.parquet'].map((name) => readFileSync(join(at, name)));
    for (const at of await states()) {
      const { run } = await sealTrace(at);
      expect(run.sealed, at).toBe(true);
      expect(files(at), at).toEqual(['events.parquet', 'outputs.parquet', 'run.json', 'steps.parquet']);
      expect(expected(at), at).toEqual(expected(join(folder.path, 'sealed')));
      expect(run.result_sha256).toBe((await readRunFile(join(folder.path, 'sealed'))).result_sha256);
    }
  });

  it('keeps the status it was given', async () => {
    await record();
    mkdirSync(join(dir(), 'outputs.parquet')); // nothing can be renamed onto a folder
    const end = { status: 'complete', finished_at: '2026-11-22T09:00:00.000Z' } as const;
    await expect(sealTrace(dir(), end)).rejects.toMatchObject({ name: 'Failure', code: 'not-writable' });
    expect(files()).toEqual(['journal', 'outputs.parquet', 'run.json', 'steps.parquet']);
    rmdirSync(join(dir(), 'outputs.parquet'));
    expect((await sealTrace(dir())).run).toMatchObject({ ...end, sealed: true });
  });
});

describe('what goes wrong', () => {
  it('a full disk: a Failure, the journal as it was; it can be sealed when there is room', ({ skip }) =>
    onTinyDisk(600, skip, async (disk) => {
      const on = join(disk, 'run');
      await record(on);
      const contents = () =>
        readdirSync(join(on, 'journal')).map((name) => readFileSync(join(on, 'journal', name)));
      const before = contents();
      for (let size = 1 << 20; size >= 1024; size /= 2) fill(join(disk, `fill-${size}`), size);
      await expect(sealTrace(on, { status: 'complete' })).rejects.toMatchObject({
        name: 'Failure',
        code: 'disk-full',
      });
      expect(readdirSync(on).filter((name) => name.endsWith('.tmp'))).toEqual([]);
      expect(contents()).toEqual(before);
      for (const name of readdirSync(disk)) if (name.startsWith('fill-')) rmSync(join(disk, name));
      expect((await sealTrace(on, { status: 'complete' })).run.counters.rows.steps).toBe(240);
    }));

  function fill(path: string, size: number): void {
    try {
      writeFileSync(path, Buffer.alloc(size));
    } catch {
      if (existsSync(path)) rmSync(path);
    }
  }

  it('no trace; a sealed file that was changed; a journal that somebody removed', async () => {
    await expect(sealTrace(folder.path)).rejects.toMatchObject({ name: 'Failure', code: 'bad-trace' });
    await record();
    const lost = join(folder.path, 'lost');
    cpSync(dir(), lost, { recursive: true });
    await sealTrace(dir());
    cpSync(join(dir(), 'steps.parquet'), join(lost, 'steps.parquet'));
    rmSync(join(lost, 'journal'), { recursive: true });
    await expect(sealTrace(lost)).rejects.toThrow(/the journal is gone/);
    truncateSync(join(dir(), 'steps.parquet'), 100);
    await expect(sealTrace(dir())).rejects.toThrow(/steps.parquet has 100 bytes, not \d+/);
    rmSync(join(dir(), 'steps.parquet'));
    await expect(sealTrace(dir())).rejects.toThrow(/steps.parquet is missing/);
  });
});
