import { map, type OperatorFunction } from 'rxjs';
import type { HasQkv, HasRows, TokenEvent } from '../src/core/event.js';
import type { Slot } from '../src/core/memory.js';
import type { Run } from '../src/core/run.js';
import type { RecordingRow } from '../src/core/trace.js';
import { headSlot } from './head-rows.js';

/** Add q, k1, k2, v1, v2 of every head, (d) each, to `rows`, as a recording that can be replayed. */
export function capture<T extends TokenEvent & HasQkv & Partial<HasRows>>({
  arena,
  shape,
}: Pick<Run, 'arena' | 'shape'>): OperatorFunction<T, T & HasRows> {
  const copy = (rows: Slot, head: number) => arena.view(headSlot(arena, rows, head, shape.d)).slice();
  return map((event) => {
    const { qkv, streamId: stream_id, pos, tokenId: token_id, tNs: t_ns = null, layer } = event;
    const recording = Array.from({ length: shape.heads }, (_, head): RecordingRow => {
      const vectors = {
        q: copy(qkv.q, head),
        k1: copy(qkv.k1, head),
        k2: qkv.k2 && copy(qkv.k2, head),
        v1: copy(qkv.v1, head),
        v2: qkv.v2 && copy(qkv.v2, head),
      };
      return { stream_id, pos, token_id, t_ns, layer, head, ...vectors };
    });
    return { ...event, rows: [...(event.rows ?? []), { recording }] };
  });
}
