import { cpSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sealTrace } from '../../data/sinks/seal.js';
import { CONTAINERS, makeRows, toTable } from '../../data/sources/testing/recordings.js';
import { temporaryFolder } from '../../data/testing/folder.js';
import { onTinyDisk } from '../../data/testing/tiny-disk.js';
import { summarise } from '../../pipelines/summarise.js';
import { readRun, rowsOf } from '../../pipelines/testing/traces.js';
import { kronflow, succeed, type Finished } from './testing/kronflow.js';

const ONE = ['--d', '8', '--heads', '1', '--threads', '1', '-c', 'window:size=4', '-o', 'out'];

let folder = temporaryFolder();
const cwd = () => folder.path;
const dir = () => join(cwd(), 'out');

beforeEach(() => (folder = temporaryFolder()));
afterEach(() => folder.remove());

/** Steps 0 … n − 1 of one head, spoilt by `change` at its row. */
function writeRows(n: number, change: (rows: ReturnType<typeof makeRows>) => void): void {
  const rows = makeRows({ n, layers: 1, heads: 1, d: 8 });
  change(rows);
  writeFileSync(join(cwd(), 'rows.arrows'), CONTAINERS['arrow-stream'](toTable(rows, { batch: 7 })));
}

interface Failing {
  readonly args: readonly string[];
  readonly stdin?: string | Uint8Array;
  readonly prepare?: () => void;
  readonly says: RegExp;
  readonly code: number;
  /** Steps that were done before. */
  readonly steps: number;
  readonly counters: object;
}

const ids = Array.from({ length: 20_000 }, (_, i) => i % 50_000).join(' ');
const failing: Readonly<Record<string, Failing>> = {
  'a token id outside the vocabulary': {
    args: ['run', '--source', 'ids:path=-', ...ONE],
    stdin: '1 2 3 4 5 -6',
    says: /^kronflow: standard input: line 1: "-6" is no token id of r50k/,
    code: 2,
    steps: 5,
    counters: { read: 5, processed: 5, refused: 0 },
  },
  'invalid UTF-8 in the middle of standard input': {
    args: ['run', '-', ...ONE],
    stdin: Buffer.concat([Buffer.from('a b c d. '.repeat(100)), Buffer.from([0xff])]),
    says: /^kronflow: standard input: byte 900 \(0xff\) is not valid UTF-8/,
    code: 2,
    steps: -1, // what the cut of pieces leaves
    counters: { refused: 0 },
  },
  'n beyond the budget, found on the way': {
    args: [
      'run',
      '--source',
      'ids:path=-',
      ...ONE.slice(0, -4),
      '-c',
      'two-cache',
      '-o',
      'out',
      '--memory',
      '10KiB',
    ],
    stdin: ids,
    // (2·n²·8 + 4·n·8)·4 bytes and 4·n·8·4 of the reference: 8,960 at n = 10, 10,560 at n = 11
    says: /^kronflow: two-cache\/0\/0\/0\/resident needs .* of the budget of 10\.0 KiB are in use/,
    code: 3,
    steps: 10,
    counters: { read: 11, processed: 10, refused: 1 },
  },
  'a position that decreases': {
    args: ['replay', 'rows.arrows', '--threads', '1', '-c', 'window:size=4', '-o', 'out'],
    prepare: () => writeRows(30, (rows) => (rows[20].pos = 3)),
    says: /^kronflow: rows\.arrows: row 20 \(from 0\), column pos is 3 after 19 in stream 0/,
    code: 2,
    steps: 20,
    counters: { read: 20, processed: 20, refused: 0 },
  },
  'NaN in a later batch': {
    args: ['replay', 'rows.arrows', '--threads', '1', '-c', 'window:size=4', '-o', 'out'],
    prepare: () => writeRows(30, (rows) => (rows[25].v1 = Array<number>(8).fill(NaN))),
    says: /^kronflow: rows\.arrows: row 25 \(from 0\), column v1 holds NaN at index 0/,
    code: 2,
    steps: 21, // batches of 7 rows are checked before any of their rows is used
    counters: { read: 21, processed: 21, refused: 0 },
  },
};

describe('a run that fails on the way keeps its journal, and nothing that looks whole', () => {
  it.each(Object.entries(failing))(
    '%s',
    async (_, { args, stdin = '', prepare, says, code, steps, counters }) => {
      prepare?.();
      const said = await kronflow(args, { cwd: cwd(), stdin });
      expect(said, said.stderr).toMatchObject({ code, stdout: '' });
      expect(said.stderr).toMatch(says);
      expect(said.stderr).toMatch(
        /\n {2}hint: .+\n {2}hint: \d+ rows that were done are kept: kronflow seal out\n$/,
      );
      expect(said.stderr).not.toMatch(/\n {4}at /);
      expect(readdirSync(dir()).sort()).toEqual(['journal', 'log.jsonl', 'run.json']);
      const run = await readRun(dir());
      expect(run).toMatchObject({ status: 'failed', sealed: false, outputs: {}, counters });
      expect(said.stderr).toContain(run.error);
      await sealed(steps === -1 ? run.counters.processed! : steps);
    },
  );
});

/** Sealing makes a trace of what was done, which still says that the run failed. */
async function sealed(steps: number): Promise<void> {
  expect(await sealTrace(dir())).toMatchObject({ already: false, cuts: [] });
  const run = await readRun(dir());
  expect(run).toMatchObject({ status: 'failed', sealed: true, counters: { rows: { steps } } });
  expect(await rowsOf(dir(), 'steps')).toBe(steps);
  expect(await summarise(dir())).toMatchObject({ tokens: steps });
}

describe('a full disk', () => {
  const wide = ['run', '--source', 'gaussian:n=600', '--d', '32', '--outputs', '-c', 'window:size=8'];
  const args = [...wide, '--reference', 'none', '--threads', '1', '-o'];

  /** Run it on a disk of that size, then give `check` what was said, with the trace moved to a larger disk. */
  function fill(kibibytes: number, skip: (note: string) => void, check: (said: Finished) => Promise<void>) {
    return onTinyDisk(kibibytes, skip, async (disk) => {
      const said = await kronflow([...args, join(disk, 'run')], { cwd: cwd() });
      cpSync(join(disk, 'run'), dir(), { recursive: true });
      await check(said);
    });
  }

  for (const kibibytes of [4, 8, 12, 16]) {
    it(`at the start, with ${kibibytes} KiB: nothing is left that blocks the name`, ({ skip }) =>
      onTinyDisk(kibibytes, skip, async (disk) => {
        const said = await kronflow([...args, join(disk, 'run')], { cwd: cwd() });
        expect(said).toMatchObject({ code: 3, stdout: '' });
        expect(said.stderr).toMatch(/^kronflow: .+: the disk is full \(ENOSPC\)\n {2}hint: free some space/);
        expect(said.stderr).not.toContain('seal');
        expect(readdirSync(disk)).toEqual([]);
      }));
  }

  it('in the middle of a run', ({ skip }) =>
    fill(300, skip, async (said) => {
      expect(said).toMatchObject({ code: 3, stdout: '' });
      expect(said.stderr).toMatch(
        /^kronflow: .+\.arrows: the disk is full \(ENOSPC\)\n {2}hint: free some space/,
      );
      expect(readdirSync(dir()).sort()).toEqual(['journal', 'log.jsonl', 'run.json']);
      expect(await readRun(dir())).toMatchObject({ status: 'failed', sealed: false });
      const { code, stdout } = await kronflow(['seal', 'out'], { cwd: cwd() });
      const steps = await rowsOf(dir(), 'steps');
      expect({ code, stdout }).toEqual({
        code: 0,
        stdout: `out: sealed, failed; rows: steps ${steps}, outputs ${steps}, events 0\n`,
      });
      const kept = Number(/hint: (\d+) rows that were done are kept/.exec(said.stderr)?.[1]);
      expect(kept).toBe(2 * steps); // of both tables
      expect(steps).toBeGreaterThan(100);
      expect(steps).toBeLessThan(1200);
      expect(await succeed(['inspect', 'out'], { cwd: cwd() })).toContain(`${steps / 2} tokens, `); // of 2 heads
    }));

  it('while the trace is sealed', ({ skip }) =>
    // the journal takes about 620 KiB, Parquet 200 more
    fill(690, skip, async (said) => {
      expect(said).toMatchObject({ code: 3, stdout: '' });
      expect(said.stderr).toMatch(/^kronflow: .+\.parquet\.tmp: the disk is full \(ENOSPC\)\n {2}hint: free/);
      expect(await readRun(dir())).toMatchObject({ status: 'complete', sealed: false });
      await succeed(['seal', 'out'], { cwd: cwd() });
      expect(await readRun(dir())).toMatchObject({ status: 'complete', sealed: true });
      expect(await rowsOf(dir(), 'steps')).toBe(1200);
      expect(await rowsOf(dir(), 'outputs')).toBe(1200);
    }));
});
