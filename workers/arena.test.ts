import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Ledger } from '../src/core/ledger.js';
import { SharedArena } from './arena.js';

const nothing = () => {};

describe('SharedArena', () => {
  it('hands out aligned pieces that do not overlap, and uses freed ones again', () => {
    const arena = SharedArena.create('f32');
    const [a, b] = [arena.alloc(33), arena.alloc(1)];
    expect(a.offset % 128).toBe(0);
    expect(b.offset).toBe(a.offset + 256); // 132 bytes take two lines of 128
    arena.free(a);
    expect(arena.alloc(40).offset).toBe(a.offset);
    expect(arena.alloc(33).offset).toBe(b.offset + 128);
  });

  it('grows past its first pages, and old views stay on the same numbers', () => {
    const arena = SharedArena.create('f64');
    const small = arena.alloc(4);
    const before = arena.view(small);
    const large = arena.alloc(6_000_000); // 48 MB
    arena.view(large)[5_999_999] = 7;
    arena.view(small)[2] = 5;
    expect(before[2]).toBe(5);
    expect(arena.view(large)[5_999_999]).toBe(7);
  });

  it('is as large as planned where 4 GiB are not enough, and refuses more', () => {
    const arena = SharedArena.create('f32', 5 * 2 ** 30);
    const large = arena.alloc(1.2 * 2 ** 30);
    const beyond = arena.alloc(3); // behind 4.8 GiB
    expect(beyond.offset).toBeGreaterThan(2 ** 32);
    arena.view(beyond).set([1, 2, 3]);
    expect([...arena.view(beyond)]).toEqual([1, 2, 3]);
    expect(arena.view(large)[7]).toBe(0);
    expect(() => arena.alloc(2 ** 28)).toThrowError(
      /shared memory would need 5\.80 GiB, but it can hold 5\.00 GiB/,
    );
    expect(() => SharedArena.create('f32', 2 ** 34)).toThrowError(/it can hold 8\.00 GiB/);
  });

  it('refuses to go beyond 4 GiB, in words', () => {
    const arena = SharedArena.create('f32');
    expect(() => arena.alloc(2 ** 30)).toThrowError(/out of|shared memory would need 4\.00 GiB/);
    expect(arena.view(arena.alloc(3))).toHaveLength(3); // still usable
  });
});

describe('SharedRows', () => {
  it('holds what was written, in blocks that never move (property)', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 700 }), (width, count) => {
        const ledger = new Ledger();
        const rows = SharedArena.create('f32').rows(width, (bytes) => ledger.charge('rows', bytes));
        const row = (i: number) => Array.from({ length: width }, (_, t) => i * 10 + t);
        const first = count > 0 ? (rows.append(row(0)), rows.spans()[0].offset) : 0;
        for (let i = Math.min(1, count); i < count; i++) rows.append(row(i));
        for (let i = 0; i < count; i++) expect([...rows.read(i)]).toEqual(row(i));
        if (count > 0) expect(rows.spans()[0].offset).toBe(first);
        expect(rows.spans().reduce((sum, span) => sum + span.rows, 0)).toBe(count);
        expect(rows.bytes).toBe(count * width * 4);
        expect(ledger.used('rows')).toBe(rows.bytes);
        expect(rows.spans().length).toBeLessThanOrEqual(Math.ceil(count / 64));
      }),
      { numRuns: 30 },
    );
  });

  it('takes a snapshot and restores it bit for bit into other rows', () => {
    const arena = SharedArena.create('f32');
    const [from, to] = [arena.rows(3, nothing), arena.rows(3, nothing)];
    for (let i = 0; i < 150; i++) from.append([i, -i / 3, 1e-40 * i]);
    for (let i = 0; i < 7; i++) to.append([9, 9, 9]);
    to.restore(from.snapshot());
    expect(to.count).toBe(150);
    expect(to.snapshot()).toEqual(from.snapshot());
  });

  it('refuses rows that do not exist and rows of another width', () => {
    const rows = SharedArena.create('f32').rows(2, nothing);
    rows.append([1, 2]);
    expect(() => rows.read(1)).toThrow(RangeError);
    expect(() => rows.read(-1)).toThrow(RangeError);
    expect(() => rows.append([1])).toThrow(RangeError);
  });

  it('writes nothing when the ledger refuses', () => {
    const ledger = new Ledger(20);
    const rows = SharedArena.create('f32').rows(2, (bytes) => ledger.charge('rows', bytes));
    rows.append([1, 2]);
    rows.append([3, 4]);
    expect(() => rows.append([5, 6])).toThrowError(/rows needs 8 B more, but 16 B of the budget of 20 B/);
    expect(rows.count).toBe(2);
    rows.release();
    expect(ledger.used()).toBe(0);
  });
});
