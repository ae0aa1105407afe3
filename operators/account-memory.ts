import { map, type OperatorFunction } from 'rxjs';
import type { Census } from '../src/core/cache.js';
import type { HasMemory, HasQkv, HasUpdates, Memory, TokenEvent } from '../src/core/event.js';
import type { HeldCache, Run } from '../src/core/run.js';
import { withoutDropped } from './without-dropped.js';

/**
 * Add `memory`: what each cache holds, measured from its buffers, beside what its formula says.
 * @throws Failure `plugin-failed` when a cache's census or formula throws, or counts what is no number
 */
export function accountMemory<T extends TokenEvent & HasQkv & HasUpdates>(
  run: Pick<Run, 'arena' | 'caches' | 'shape'>,
): OperatorFunction<T, T & HasMemory> {
  return map((event) => {
    const memory = event.updates.map(({ held }): Memory => {
      try {
        return weigh(run, held);
      } catch (error) {
        run.caches.failed(held, event, 'census', error);
        return NOTHING;
      }
    });
    return withoutDropped({ ...event, memory }, run.caches);
  });
}

const NOTHING = { formulaBytes: NaN } as Memory; // of a cache that was just dropped: nobody sees it

function weigh({ arena, shape: { d, order } }: Pick<Run, 'arena' | 'shape'>, held: HeldCache): Memory {
  const census = held.cache.census();
  for (const name of COUNTS) if (!isCount(census[name])) throw badCount(name, census[name]);
  for (const name of PERHAPS)
    if (census[name] !== null && !isCount(census[name])) throw badCount(name, census[name]);
  const { bytesPerNumber } = arena;
  const { residentBytes } = held.factory.formula({ n: held.appended, d, order, bytesPerNumber, census });
  if (!(residentBytes >= 0)) throw new TypeError(`formula gave residentBytes = ${String(residentBytes)}`);
  return { bytes: held.bytes(), census, formulaBytes: residentBytes };
}

const COUNTS = ['kept1', 'kept2', 'evicted1', 'evicted2'] as const satisfies readonly (keyof Census)[];
const PERHAPS = ['clusters1', 'clusters2', 'samples'] as const satisfies readonly (keyof Census)[];

function isCount(value: unknown): boolean {
  return ((value as number) | 0) === value && value >= 0; // what a column of 32 bits takes
}

function badCount(name: string, value: unknown): TypeError {
  return new TypeError(`census gave ${name} = ${String(value)}, no count`);
}
