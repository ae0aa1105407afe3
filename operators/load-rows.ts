import { map, type OperatorFunction } from 'rxjs';
import type { HasQkv, RecordedStep } from '../src/core/event.js';
import type { Floats } from '../src/core/memory.js';
import type { Run } from '../src/core/run.js';

/**
 * Add `qkv`, (heads × d) each, from the rows that a recorded step brings for one layer: what `project` does
 * for tokens. `record`, the last to read them, frees them.
 */
export function loadRows<T extends RecordedStep>(
  { arena }: Pick<Run, 'arena'>,
  { layer }: { readonly layer: number },
): OperatorFunction<T, T & HasQkv> {
  const copy = (rows: Floats) => {
    const slot = arena.alloc(rows.length);
    arena.view(slot).set(rows);
    return slot;
  };
  return map((event) => {
    const { q, k1, k2, v1, v2 } = event.layers[layer];
    const qkv = { q: copy(q), k1: copy(k1), k2: k2 && copy(k2), v1: copy(v1), v2: v2 && copy(v2) };
    return { ...event, layer, qkv };
  });
}
