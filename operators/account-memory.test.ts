import { tap } from 'rxjs';
import { expect, it } from 'vitest';
import { accountMemory } from './account-memory.js';
import { caches } from './caches/index.js';
import { projected, stepByStep, testRun } from './testing/test-run.js';
import { updateCaches } from './update-caches.js';

it.each(['tensor', 'matrix'] as const)(
  'measures every cache at every step, and an exact one measures what its formula says (L2, %s)',
  async (order) => {
    const able = caches.filter(({ spec }) => spec.orders.includes(order));
    const labelled = able.map((plugin) => ({ label: plugin.spec.name, factory: plugin() }));
    const run = testRun({ caches: labelled, order, dtype: 'f32' });
    const tokens = Array.from({ length: 9 }, (_, i) => projected(run, i));
    await stepByStep(tokens, (token) =>
      token.pipe(
        updateCaches(run),
        accountMemory(run),
        tap(({ memory, updates }) => {
          expect(memory).toHaveLength(2 * labelled.length);
          let all = 0;
          memory.forEach(({ bytes, census, formulaBytes }, i) => {
            const { held } = updates[i];
            expect(bytes).toEqual(held.bytes());
            expect(census).toEqual(held.cache.census());
            if (held.factory.spec.exactness === 'exact') expect(bytes.resident).toBe(formulaBytes);
            all += bytes.resident + bytes.metadata + bytes.scratch;
          });
          expect(run.ledger.used()).toBe(all);
        }),
      ),
    );
  },
);
