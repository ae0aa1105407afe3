import { map, type OperatorFunction } from 'rxjs';
import type { HasMemory, HasQkv, HasUpdates, Memory, TokenEvent, Update } from '../src/core/event.js';
import type { Run } from '../src/core/run.js';

/** Add `memory`: what each cache holds, measured from its buffers, beside what its formula says. */
export function accountMemory<T extends TokenEvent & HasQkv & HasUpdates>({
  arena,
  shape,
}: Pick<Run, 'arena' | 'shape'>): OperatorFunction<T, T & HasMemory> {
  const weigh = ({ held }: Update): Memory => {
    const census = held.cache.census();
    const { d, order } = shape;
    const { bytesPerNumber } = arena;
    const size = held.factory.formula({ n: held.appended, d, order, bytesPerNumber, census });
    return { bytes: held.bytes(), census, formulaBytes: size.residentBytes };
  };
  return map((event) => ({ ...event, memory: event.updates.map(weigh) }));
}
