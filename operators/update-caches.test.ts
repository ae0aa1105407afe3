import { map } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { expect, it } from 'vitest';
import { twoCache } from './caches/two-cache.js';
import { window } from './caches/window.js';
import { projected, testRun } from './testing/test-run.js';
import { updateCaches } from './update-caches.js';

const marbles = () => new TestScheduler((actual, expected) => expect(actual).toEqual(expected));
const caches = [
  { label: 'two', factory: twoCache() },
  { label: 'last-2', factory: window({ size: 2 }) },
];

it('appends to every cache at once, in its own time, and pays for exactly what is kept (L1, L2)', () => {
  const run = testRun({ caches });
  marbles().run(({ cold, expectObservable }) => {
    const tokens = cold('-a-b-c-(d|)', {
      ...{ a: projected(run, 0), b: projected(run, 1), c: projected(run, 2), d: projected(run, 3) },
    });
    const expected = '   -1-2-3-(4|)';
    const kept = (n: number) => {
      const [two, last] = [
        ['two', n, n],
        ['last-2', Math.min(2, n), n],
      ];
      return [two, last, two, last]; // head 0, then head 1
    };
    const counts = tokens.pipe(
      updateCaches(run),
      map(({ updates }) => updates.map(({ held }) => [held.label, held.cache.census().kept1, held.appended])),
    );
    expectObservable(counts).toBe(expected, { 1: kept(1), 2: kept(2), 3: kept(3), 4: kept(4) });
  });
  const row = 4 * 8; // d = 4 float64
  expect(run.ledger.used('two/0/0/1/resident')).toBe((2 * 16 + 4 * 4) * row);
  expect(run.ledger.used('last-2/0/0/0/resident')).toBe(4 * 2 * row);
  expect(run.ledger.used()).toBe(2 * (2 * 16 + 4 * 4 + 4 * 2) * row);
});

it('keeps streams apart and gives each head its own rows', () => {
  const run = testRun();
  const tokens = [projected(run, 0), projected(run, 1, { streamId: 7 }), projected(run, 2)];
  marbles().run(({ cold, expectObservable }) => {
    const appended = cold('(abc|)', { a: tokens[0], b: tokens[1], c: tokens[2] }).pipe(
      updateCaches(run),
      map(({ updates }) => updates.map(({ held }) => `${held.head}:${held.appended}`).join(' ')),
    );
    expectObservable(appended).toBe('(112|)', { 1: '0:1 1:1', 2: '0:2 1:2' });
  });
  const { k1, v2 } = run.caches.at(0, 0)[1].cache.snapshot();
  const last = tokens[2].qkv;
  expect([...(k1 as Float64Array)].slice(4)).toEqual([...run.arena.view(last.k1)].slice(4));
  expect([...(v2 as Float64Array)].slice(4)).toEqual([...run.arena.view(last.v2!)].slice(4));
});

it('measures each append with the clock of the run', () => {
  const run = testRun();
  marbles().run(({ cold, expectObservable }) => {
    const took = cold('a|', { a: projected(run, 0) }).pipe(
      updateCaches(run),
      map(({ updates }) => updates.map(({ update_ns }) => update_ns)),
    );
    expectObservable(took).toBe('a|', { a: [1, 1] }); // the clock ticks once a look
  });
});

it('ends with out-of-memory at the token that does not fit, and charges nothing for it (L2)', () => {
  const run = testRun({ budget: 3 * 4 * 4 * 8, heads: 1 });
  marbles().run(({ cold, expectObservable }) => {
    const tokens = cold('abcd|', {
      ...{ a: projected(run, 0), b: projected(run, 1), c: projected(run, 2), d: projected(run, 3) },
    });
    const counts = tokens.pipe(
      updateCaches(run),
      map(({ updates }) => updates[0].held.appended),
    );
    const failure = expect.objectContaining({ code: 'out-of-memory' });
    expectObservable(counts).toBe('123#', { 1: 1, 2: 2, 3: 3 }, failure);
  });
  expect(run.ledger.used()).toBe(run.ledger.budget);
});
