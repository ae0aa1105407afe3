import fc from 'fast-check';
import { lastValueFrom, NEVER, take, throwError, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { mergePull } from './merge-pull.js';

const tick = () => new Promise((resolve) => setImmediate(resolve));

describe('mergePull', () => {
  it('never has more than `concurrency` items unfinished, and loses nothing (L7)', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.integer({ min: 1, max: 5 }),
        fc.nat(20),
        async (scheduler, concurrency, count) => {
          let [pulled, finished] = [0, 0];
          function* source() {
            while (pulled < count) yield pulled++;
          }
          const work = async (item: number) => {
            expect(pulled - finished).toBeLessThanOrEqual(concurrency);
            await scheduler.schedule(Promise.resolve());
            finished++;
            return item;
          };
          const results = lastValueFrom(mergePull(source(), work, concurrency).pipe(toArray()));
          await scheduler.waitFor(results);
          expect((await results).sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
        },
      ),
    );
  });

  it('keeps order with concurrency 1', async () => {
    const slowFirst = (i: number) =>
      new Promise<number>((resolve) => setTimeout(() => resolve(i), i === 0 ? 5 : 0));
    expect(await lastValueFrom(mergePull([0, 1, 2], slowFirst).pipe(toArray()))).toEqual([0, 1, 2]);
  });

  it('completes on an empty source and takes many synchronous items', async () => {
    expect(await lastValueFrom(mergePull([], () => [1]).pipe(toArray()))).toEqual([]);
    const many = Array.from({ length: 20_000 }, (_, i) => i);
    expect(await lastValueFrom(mergePull(many, (i) => [i]).pipe(toArray()))).toHaveLength(20_000);
  });

  it('closes the source when the reader leaves early, also while an item is in work', async () => {
    for (const project of [(i: number) => [i], (i: number) => (i < 2 ? [i] : NEVER)]) {
      let closed = false;
      async function* source() {
        try {
          for (let i = 0; ; i++) yield i;
        } finally {
          closed = true;
        }
      }
      expect(await lastValueFrom(mergePull(source(), project).pipe(take(2), toArray()))).toEqual([0, 1]);
      await tick();
      expect(closed).toBe(true);
    }
  });

  it('passes on errors of the source and of the projection', async () => {
    const boom = new Error('boom');
    const thrower = () => {
      throw boom;
    };
    async function* broken() {
      yield 1;
      throw boom;
    }
    await expect(lastValueFrom(mergePull([1], () => throwError(() => boom)))).rejects.toBe(boom);
    await expect(lastValueFrom(mergePull([1], thrower))).rejects.toBe(boom);
    await expect(lastValueFrom(mergePull(broken(), (i) => [i]))).rejects.toBe(boom);
  });
});
