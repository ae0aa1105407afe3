import { expect, it } from 'vitest';
import { Ledger } from '../src/core/ledger.js';
import type { Arena } from '../src/core/memory.js';
import { SharedArena } from './arena.js';
import { mostReserved, SharedRows } from './rows.js';

it('holds and is charged for nothing more when shared memory is full (L2)', () => {
  const shared = SharedArena.create('f32');
  let full = false;
  const arena: Arena = {
    ...{
      dtype: 'f32',
      bytesPerNumber: 4,
      view: (slot) => shared.view(slot),
      free: (slot) => shared.free(slot),
    },
    alloc(length) {
      if (full) throw new Error('full');
      return shared.alloc(length);
    },
    rows: () => rows,
  };
  const ledger = new Ledger();
  const rows = new SharedRows(arena, 2, (bytes) => ledger.charge('rows', bytes));
  for (let i = 0; i < 64; i++) rows.append([i, i]);
  full = true;
  expect(() => rows.append([64, 64])).toThrow('full');
  expect([rows.count, rows.bytes, ledger.used()]).toEqual([64, 512, 512]);
  full = false;
  rows.append([64, 65]);
  expect([...rows.read(64)]).toEqual([64, 65]);
});

it.each([1, 64, 65, 1000, 100_000, 4_000_000])(
  '%d rows reserve an eighth and 64 rows more at most',
  (count) => {
    const arena = SharedArena.create('f32');
    const before = arena.reservedBytes;
    const rows = arena.rows(64, () => {});
    rows.resize(count);
    expect(arena.reservedBytes - before).toBeLessThanOrEqual(mostReserved(rows.bytes, 64 * 4));
    expect(rows.spans().length).toBeLessThanOrEqual(100); // native kernels walk them
  },
);

it('keeps its blocks when it shrinks, and takes them again', () => {
  const ledger = new Ledger();
  const rows = SharedArena.create('f64').rows(3, (bytes) => ledger.charge('rows', bytes));
  rows.resize(200);
  const spans = rows.spans();
  rows.resize(10);
  expect(rows.spans()).toEqual([{ offset: spans[0].offset, rows: 10 }]);
  expect(ledger.used()).toBe(240);
  rows.resize(200);
  expect(rows.spans()).toEqual(spans);
});

it.each(['f32', 'f64'] as const)('holds float64 in a memory of %s, and pays 8 bytes a number', (dtype) => {
  const arena = SharedArena.create(dtype);
  const ledger = new Ledger();
  const rows = arena.rows(3, (bytes) => ledger.charge('wide', bytes), 'f64');
  for (let i = 0; i < 200; i++) rows.append([i, Math.PI, 2 ** 40 + i]);
  expect([rows.bytes, ledger.used()]).toEqual([4800, 4800]);
  expect([...rows.read(150)]).toEqual([150, Math.PI, 2 ** 40 + 150]);
  expect(rows.views().flatMap((view) => [...view])).toEqual([...rows.snapshot()]);
  expect(rows.views().length).toBeGreaterThan(1);
  const other = arena.rows(3, () => {}, 'f64');
  other.restore(rows.snapshot());
  expect(other.snapshot()).toEqual(rows.snapshot());
  rows.release();
  expect(ledger.used()).toBe(0);
});
