import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure } from './failure.js';
import { Ledger } from './ledger.js';

const accounts = ['a/resident', 'a/scratch', 'b/resident'];
const bookings = fc.array(fc.tuple(fc.constantFrom(...accounts), fc.integer({ min: -60, max: 100 })), {
  maxLength: 60,
});

describe('Ledger', () => {
  it('charged − released = in use ≤ budget after every booking, refused or not (L2, property)', () => {
    fc.assert(
      fc.property(fc.nat(1000), bookings, (budget, list) => {
        const ledger = new Ledger(budget);
        const held = new Map(accounts.map((name) => [name, 0]));
        let [peak, added] = [0, 0];
        for (const [account, bytes] of list) {
          const before = ledger.totals();
          try {
            ledger.charge(account, bytes);
            held.set(account, held.get(account)! + bytes);
            added += Math.max(0, bytes);
          } catch (error) {
            const over = before.used + bytes > budget;
            expect(error).toBeInstanceOf(over ? Failure : RangeError);
            expect(ledger.totals()).toEqual(before); // a refusal charges nothing
          }
          const { charged, released, used } = ledger.totals();
          peak = Math.max(peak, used);
          expect(charged - released).toBe(used);
          expect(charged).toBe(added);
          expect(used).toBeLessThanOrEqual(budget);
          expect(used).toBe([...held.values()].reduce((sum, x) => sum + x, 0));
        }
        for (const name of accounts) expect(ledger.used(name)).toBe(held.get(name));
        expect(ledger.totals().peak).toBe(peak);
      }),
    );
  });

  it('fits to the last byte, then says who, how much and what to do', () => {
    const ledger = new Ledger(2048);
    ledger.charge('window/0/0/0/resident', 2048);
    expect(() => ledger.charge('two-cache/0/0/0/resident', 1)).toThrow(
      expect.objectContaining({
        code: 'out-of-memory',
        what: 'two-cache/0/0/0/resident needs 1 B more, but 2.00 KiB of the budget of 2.00 KiB are in use',
        hint: expect.stringContaining('--memory'),
      }),
    );
  });

  it('treats releasing what is not held, or no number, as our own fault', () => {
    const ledger = new Ledger();
    ledger.charge('a', 5);
    ledger.charge('b', 5);
    expect(() => ledger.charge('a', -6)).toThrow(RangeError);
    expect(() => ledger.charge('a', NaN)).toThrow(RangeError);
    expect(ledger.used()).toBe(10);
  });

  it('has no limit unless told', () => {
    const ledger = new Ledger();
    ledger.charge('a', 2 ** 50);
    expect(ledger.used('a')).toBe(2 ** 50);
    expect(ledger.used('nobody')).toBe(0);
  });
});
