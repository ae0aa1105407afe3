import { map, type OperatorFunction } from 'rxjs';
import type { HasQkv, HasUpdates, TokenEvent, Update } from '../src/core/event.js';
import type { Run } from '../src/core/run.js';
import { headEntry } from './head-rows.js';
import { withoutDropped } from './without-dropped.js';

/**
 * Append the token's entry, (d) per head, to every cache of its stream and layer. Adds `updates`: the caches
 * and what each append took, in nanoseconds. Tokens of one stream must come in order.
 *
 * @throws Failure `out-of-memory` when the ledger or the shared memory is full, `plugin-failed` when a cache throws
 */
export function updateCaches<T extends TokenEvent & HasQkv>({
  arena,
  caches,
  clock,
  shape,
}: Pick<Run, 'arena' | 'caches' | 'clock' | 'shape'>): OperatorFunction<T, T & HasUpdates> {
  return map((event) => {
    const entries = Array.from({ length: shape.heads }, (_, h) => headEntry(arena, event.qkv, h, shape.d));
    const updates: Update[] = [];
    for (const held of caches.at(event.streamId, event.layer)) {
      const start = clock.now();
      try {
        const left: unknown = held.cache.append(entries[held.head]);
        if (left !== undefined) throw new TypeError(`append returned ${typeof left}: nothing waits for it`);
      } catch (error) {
        caches.failed(held, event, 'append', error);
      }
      held.appended++;
      updates.push({ held, update_ns: clock.now() - start });
    }
    return withoutDropped({ ...event, updates }, caches);
  });
}
