import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EventRow, OutputRow, StepRow, TraceBatch } from '../../src/core/trace.js';
import type { Columns } from '../schemas/column.js';
import { eventColumns } from '../schemas/events.js';
import { stepColumns } from '../schemas/steps.js';
import { temporaryFolder } from '../testing/folder.js';
import { eventRow, outputRow, recordingRow, runStart, stepBatch, stepRow } from '../testing/rows.js';
import { onTinyDisk } from '../testing/tiny-disk.js';
import { fromRecordBatch } from './arrow-table.js';
import type { TableData } from './column-data.js';
import { openJournal, type Journal } from './journal.js';
import { readBatches, recoverJournal, type Recovered } from './recover.js';
import { createTrace } from './trace-folder.js';

const d = 3;
let folder = temporaryFolder();
let now = 0;
const clock = { now: () => now };
const open = (dir = folder.path, flushRows?: number) =>
  openJournal(dir, { d, order: 'tensor', clock, ...(flushRows === undefined ? {} : { flushRows }) });

beforeEach(() => {
  folder = temporaryFolder();
  now = 0;
});
afterEach(() => folder.remove());

/** The rows of a table as objects; vectors as plain arrays. */
async function rowsOf(recovered: Recovered, table: keyof Recovered['tables']): Promise<object[]> {
  const from = recovered.tables[table];
  const rows: object[] = [];
  if (from === undefined) return rows;
  for await (const batch of readBatches(from)) {
    for (let i = 0; i < batch.numRows; i++) rows.push(rowAt(fromRecordBatch(batch), i));
  }
  return rows;
}

function rowAt(data: TableData, i: number): object {
  const value = (name: string): unknown => {
    const { values, valid } = data[name];
    if (valid !== null && valid[i] === 0) return null;
    if (values instanceof Float32Array) return [...values.subarray(i * d, (i + 1) * d)];
    return ['prefill', 'within_bound', 'out_of_range'].includes(name) && values[i] !== null
      ? values[i] === 1
      : values[i];
  };
  return Object.fromEntries(Object.keys(data).map((name) => [name, value(name)]));
}

const plain = (rows: readonly OutputRow[]) => rows.map((row) => ({ ...row, output: Array.from(row.output) }));

const integer = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
function arbitraryRow(columns: Columns): fc.Arbitrary<object> {
  const kinds = {
    INT32: integer,
    DOUBLE: fc.double(),
    BOOLEAN: fc.boolean(),
    UTF8: fc.string({ unit: 'grapheme' }),
  };
  const fields = Object.entries(columns).map(([name, { type, nullable }]) => {
    const value: fc.Arbitrary<unknown> = kinds[type as keyof typeof kinds];
    return [name, nullable ? fc.option(value) : value] as const;
  });
  return fc.record(Object.fromEntries(fields));
}

describe('what is written is read back (L9)', () => {
  it('any steps, events and outputs, cut anywhere into writes', async () => {
    const batches = fc.array(
      fc.record({
        steps: fc.array(arbitraryRow(stepColumns) as fc.Arbitrary<StepRow>, { maxLength: 4 }),
        events: fc.array(arbitraryRow(eventColumns) as fc.Arbitrary<EventRow>, { maxLength: 2 }),
        outputs: fc.array(
          fc.nat(1000).map((i) => outputRow(i, d)),
          { maxLength: 3 },
        ),
      }),
      { maxLength: 6 },
    );
    await fc.assert(
      fc.asyncProperty(batches, fc.integer({ min: 1, max: 5 }), async (written, flushRows) => {
        const own = temporaryFolder();
        const journal = await open(own.path, flushRows);
        for (const batch of written) await journal.write(batch);
        await journal.close();
        const recovered = await recoverJournal(own.path);
        const all = <T extends object>(rows: (batch: TraceBatch) => readonly T[]) => written.flatMap(rows);
        expect(await rowsOf(recovered, 'steps')).toEqual(all((batch) => batch.steps ?? []));
        expect(await rowsOf(recovered, 'events')).toEqual(all((batch) => batch.events ?? []));
        expect(await rowsOf(recovered, 'outputs')).toEqual(plain(all((batch) => batch.outputs ?? [])));
        expect({ closed: recovered.closed, cuts: recovered.cuts }).toEqual({ closed: true, cuts: [] });
        own.remove();
      }),
      { numRuns: 60 },
    );
  });

  it('recordings, with k2 and v2 only in tensor order', async () => {
    const journal = await openJournal(folder.path, { d, order: 'matrix', clock });
    await journal.write({ recording: [{ ...recordingRow(1, d), k2: null, v2: null }] });
    await journal.close();
    const [row] = await rowsOf(await recoverJournal(folder.path), 'recording');
    expect(Object.keys(row)).toEqual([
      'stream_id',
      'pos',
      'token_id',
      't_ns',
      'layer',
      'head',
      'q',
      'k1',
      'v1',
    ]);
  });
});

describe('when rows are acknowledged', () => {
  const steps = (n: number): TraceBatch => ({ steps: Array.from({ length: n }, (_, i) => stepRow(i)) });

  it('after 256 rows, or at a write 100 ms after the last flush; never in the middle of a write', async () => {
    const journal = await open();
    await journal.write(steps(255));
    expect(journal.acknowledged()).toEqual({ steps: 0 });
    await journal.write(steps(10));
    expect(journal.acknowledged()).toEqual({ steps: 265 });
    now += 99e6;
    await journal.write(steps(1));
    expect(journal.acknowledged()).toEqual({ steps: 265 });
    now += 1e6;
    await journal.write(steps(1));
    expect(journal.acknowledged()).toEqual({ steps: 267 });
    await journal.close();
  });

  it('all tables together, and at once what is in the file', async () => {
    const journal = await open(folder.path, 8);
    for (let s = 0; s < 3; s++) await journal.write(stepBatch(s, d));
    expect(journal.acknowledged()).toEqual({ steps: 8, outputs: 8, events: 1 });
    const recovered = await recoverJournal(folder.path); // the writer is still alive and knows nothing of this
    expect(await rowsOf(recovered, 'steps')).toEqual(Array.from({ length: 8 }, (_, i) => stepRow(i)));
    expect(recovered).toMatchObject({ closed: false, flushes: 1, cuts: [] });
    await journal.flush();
    expect(journal.acknowledged()).toEqual({ steps: 12, outputs: 12, events: 1 });
    await journal.close();
  });

  it('wide rows sooner: at most 1 MiB is waiting', async () => {
    const journal = await openJournal(folder.path, { d: 8192, order: 'tensor', clock });
    const row = outputRow(0, 8192); // 32 KiB
    for (let i = 0; i < 31; i++) await journal.write({ outputs: [row] });
    expect(journal.acknowledged()).toEqual({ outputs: 31 });
    await journal.close();
  });

  it('in the order of the calls, also when nobody waits', async () => {
    const journal = await open(folder.path, 4);
    await Promise.all(Array.from({ length: 50 }, (_, i) => journal.write({ steps: [stepRow(i)] })));
    await journal.close();
    const rows = await rowsOf(await recoverJournal(folder.path), 'steps');
    expect(rows).toEqual(Array.from({ length: 50 }, (_, i) => stepRow(i)));
  });
});

describe('what is refused', () => {
  it.each([
    ['pos', 1.5, /^steps row 4, column pos: 1.5 is not an integer of 32 bits/],
    ['step', 2 ** 31, /^steps row 4, column step: 2147483648 is not an integer/],
    ['head', NaN, /^steps row 4, column head: NaN is not an integer/],
    ['lse', undefined, /^steps row 4, column lse: undefined is not a number/],
    ['cache', null, /^steps row 4, column cache: null is not allowed/],
    ['prefill', 1, /^steps row 4, column prefill: 1 is not true or false/],
  ])(
    '%s = %s, with row and column; the whole write is undone, the journal goes on',
    async (column, value, message) => {
      const journal = await open();
      await journal.write(stepBatch(0, d));
      const bad = { ...stepBatch(1, d), steps: [{ ...stepRow(4), [column]: value }] } as TraceBatch;
      await expect(journal.write({ ...bad, events: [eventRow(0)] })).rejects.toThrow(message);
      await journal.write(stepBatch(2, d));
      await journal.close();
      expect(journal.acknowledged()).toEqual({ steps: 8, outputs: 8, events: 1 });
    },
  );

  it('a vector of another length', async () => {
    const journal = await open();
    const outputs = [outputRow(0, d), { ...outputRow(1, d), output: [1, 2] }];
    await expect(journal.write({ steps: [stepRow(0)], outputs })).rejects.toThrow(
      /^outputs row 1, column output: 1,2 is not a vector of 3 numbers/,
    );
    await journal.close();
    expect((await recoverJournal(folder.path)).tables).toEqual({});
  });

  it('a second journal in the same folder, and one where nothing can be written', async () => {
    await (await open()).close();
    await expect(open()).rejects.toMatchObject({ name: 'Failure', code: 'exists' });
    const below = join(folder.path, 'journal', 'commits'); // a file is no folder, not even for root
    await expect(open(below)).rejects.toMatchObject({ name: 'Failure', code: 'not-writable' });
  });

  it('writing after close; closing twice is fine', async () => {
    const journal = await open();
    await journal.close();
    await journal.close();
    await expect(journal.write({ steps: [stepRow(0)] })).rejects.toThrow(RangeError);
  });
});

async function fill(journal: Journal): Promise<unknown> {
  for (let s = 0; ; s++) {
    try {
      await journal.write({ steps: [0, 1, 2, 3].map((k) => stepRow(4 * s + k)) });
    } catch (error) {
      return error;
    }
  }
}

it('leaves nothing when it cannot be opened on a full disk', ({ skip }) =>
  onTinyDisk(64, skip, async (disk) => {
    for (let full = false, i = 0; !full; i++) {
      try {
        writeFileSync(join(disk, `filler-${i}`), new Uint8Array(4096));
      } catch {
        full = true;
      }
    }
    await expect(open(disk)).rejects.toMatchObject({
      code: 'disk-full',
      hint: expect.not.stringContaining('seal'),
    });
    expect(readdirSync(disk)).not.toContain('journal');
    await expect(createTrace(join(disk, 'run'), runStart)).rejects.toMatchObject({ code: 'disk-full' });
    expect(readdirSync(disk)).not.toContain('run');
  }));

it('a full disk is a Failure, again for every later write, and loses nothing acknowledged', ({ skip }) =>
  onTinyDisk(128, skip, async (disk) => {
    const journal = await open(disk, 16);
    const error = await fill(journal);
    const acknowledged = journal.acknowledged().steps;
    expect(error).toMatchObject({ name: 'Failure', code: 'disk-full' });
    expect((error as Error).message).toContain('steps.arrows');
    await expect(journal.write({ steps: [stepRow(0)] })).rejects.toBe(error);
    await expect(journal.flush()).rejects.toBe(error);
    await journal.close();
    const recovered = await recoverJournal(disk);
    expect(acknowledged).toBeGreaterThan(100);
    expect(recovered.tables.steps?.rows).toBe(acknowledged);
    expect(recovered.cuts.map(({ reason }) => reason)).toEqual(['uncommitted']);
  }));

it('names its process while it is open', async () => {
  const journal = await open();
  expect(readFileSync(join(folder.path, 'journal', 'writer.pid'), 'utf8')).toMatch(
    new RegExp(`^${process.pid}( \\d+)?\n$`),
  );
  await journal.close();
  expect(() => readFileSync(join(folder.path, 'journal', 'writer.pid'))).toThrow('ENOENT');
});
