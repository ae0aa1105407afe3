import {
  closeSync,
  copyFileSync,
  ftruncateSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../testing/folder.js';
import { stepBatch, stepRow } from '../testing/rows.js';
import { fromRecordBatch } from './arrow-table.js';
import { parseCommit, type Commit } from './commit-log.js';
import { openJournal } from './journal.js';
import { readBatches, recoverJournal } from './recover.js';

const FLUSHES = 3;
const d = 2;
const folder = temporaryFolder();
const at = (name: string) => join(folder.path, 'journal', name);
let commits: Commit[] = [];
let lines: string[] = [];

beforeAll(async () => {
  const journal = await openJournal(folder.path, { d, order: 'tensor', clock: { now: () => 0 } });
  for (let s = 0; s < FLUSHES; s++) {
    await journal.write(stepBatch(s, d));
    await journal.flush();
  }
  await journal.close();
  for (const name of ['steps.arrows', 'outputs.arrows', 'commits'])
    copyFileSync(at(name), at(`${name}.whole`));
  lines = readFileSync(at('commits'), 'utf8').split('\n').slice(0, -1);
  commits = lines.map((line) => parseCommit(line) as Commit);
});
afterAll(() => folder.remove());

/** Flushes presented, after checking that their rows are exactly the first ones. */
async function soundFlushes(): Promise<number> {
  const { flushes, tables } = await recoverJournal(folder.path);
  const steps: unknown[] = [];
  if (tables.steps !== undefined) {
    for await (const batch of readBatches(tables.steps))
      steps.push(...fromRecordBatch(batch).evicted_side2.values);
  }
  const whole = Math.min(flushes, FLUSHES);
  expect(steps).toEqual(Array.from({ length: 4 * whole }, (_, i) => stepRow(i).evicted_side2));
  expect(tables.outputs?.rows ?? 0).toBe(4 * whole);
  return flushes;
}

const restore = (name: string) => copyFileSync(at(`${name}.whole`), at(name));

/** Whether a cut at `size` is tried: near an end all of them, in between, where nothing differs, one in eleven. */
const isTried = (size: number, ends: readonly number[]) =>
  size % 11 === 0 || ends.some((end) => Math.abs(end - size) <= 3);

describe('cut at any byte', () => {
  it.each(['steps', 'outputs'] as const)(
    'of %s.arrows: exactly the whole batches before the cut',
    async (table) => {
      const file = openSync(at(`${table}.arrows`), 'r+');
      const ends = commits
        .slice(0, FLUSHES)
        .map(({ tables }) => tables[table]!.offset + tables[table]!.length);
      try {
        for (let size = ends[FLUSHES - 1] + 8; size >= 0; size--) {
          if (!isTried(size, ends)) continue;
          ftruncateSync(file, size);
          const whole = ends.filter((end) => end <= size).length;
          const { flushes, cuts } = await recoverJournal(folder.path);
          if (whole === FLUSHES) expect({ flushes, cuts }).toEqual({ flushes: FLUSHES + 1, cuts: [] });
          else expect({ flushes, reason: cuts[0].reason }).toEqual({ flushes: whole, reason: 'short-file' });
          if (size % 97 === 0 || ends.includes(size)) await soundFlushes();
        }
      } finally {
        closeSync(file);
        restore(`${table}.arrows`);
      }
    },
  );

  it('of the commits: exactly the flushes whose line is whole', async () => {
    const ends = lines.map((_, i) => lines.slice(0, i + 1).join('\n').length + 1);
    try {
      for (let size = ends[FLUSHES] - 1; size >= 0; size--) {
        if (!isTried(size, ends)) continue;
        truncateSync(at('commits'), size);
        const whole = ends.filter((end) => end <= size).length;
        expect(await soundFlushes()).toBe(whole);
        const { cuts, closed } = await recoverJournal(folder.path);
        expect(closed).toBe(false);
        expect(cuts.some(({ reason }) => reason === 'torn-commit' || reason === 'bad-commit')).toBe(
          !ends.includes(size) && size > 0,
        );
        expect(cuts.some(({ reason }) => reason === 'uncommitted')).toBe(true);
      }
    } finally {
      restore('commits');
    }
  });
});

describe('a flipped bit is found, and nothing from its flush on is presented', () => {
  async function flipEach(
    name: string,
    every: number,
    check: (byte: number) => Promise<void>,
  ): Promise<void> {
    const bytes = readFileSync(at(name));
    const file = openSync(at(name), 'r+');
    try {
      for (let i = 0; i < bytes.length; i += every) {
        writeSync(file, Buffer.of(bytes[i] ^ (1 << (i % 8))), 0, 1, i);
        await check(i);
        writeSync(file, bytes, i, 1, i);
      }
    } finally {
      closeSync(file);
      restore(name);
    }
  }

  it('in a table', async () => {
    const ends = commits.slice(0, FLUSHES).map(({ tables }) => tables.steps!.offset + tables.steps!.length);
    await flipEach('steps.arrows', 11, async (byte) => {
      const flush = ends.filter((end) => end <= byte).length;
      if (flush === FLUSHES) return; // the end mark
      const { flushes, cuts, closed, tables } = await recoverJournal(folder.path);
      expect({ flushes, closed, rows: tables.outputs?.rows ?? 0 }).toEqual({
        flushes: flush,
        closed: false,
        rows: 4 * flush,
      });
      // 4 steps and 4 outputs a flush, and one event in the first
      const lostRows = 8 * (FLUSHES - flush) + (flush === 0 ? 1 : 0);
      expect(cuts).toMatchObject([{ reason: 'bad-batch', file: 'steps.arrows', lostRows }]);
    });
  });

  it('in the commits', async () => {
    const ends = lines.map((_, i) => lines.slice(0, i + 1).join('\n').length + 1);
    await flipEach('commits', 1, async (byte) => {
      const flush = ends.filter((end) => end <= byte).length;
      const { flushes, cuts } = await recoverJournal(folder.path);
      expect(flushes).toBe(flush);
      expect(cuts[0]).toMatchObject({ reason: 'bad-commit', file: 'commits' });
    });
  });
});

it('says what a kill between batch and commit left, and that it was never acknowledged', async () => {
  const last = lines.slice(0, FLUSHES - 1).join('\n').length + 1;
  truncateSync(at('commits'), last);
  const { cuts } = await recoverJournal(folder.path);
  const { offset, length } = commits[FLUSHES - 1].tables.steps!;
  expect(cuts[0]).toEqual({
    reason: 'uncommitted',
    file: 'steps.arrows',
    offset,
    bytes: length + 8,
    lostRows: 0,
  });
  restore('commits');
});

it('takes no journal for an empty one, but not one without its commits', async () => {
  const other = temporaryFolder();
  expect(await recoverJournal(other.path)).toEqual({ closed: false, flushes: 0, tables: {}, cuts: [] });
  other.remove();
  rmSync(at('commits'));
  await expect(recoverJournal(folder.path)).rejects.toMatchObject({ name: 'Failure', code: 'bad-trace' });
  restore('commits');
});
