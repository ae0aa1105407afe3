import { mergeMap, toArray, type OperatorFunction } from 'rxjs';
import type { HasNormed, HasQkv, TokenEvent } from '../src/core/event.js';
import { Failure } from '../src/core/failure.js';
import type { Slot } from '../src/core/memory.js';
import { multiplyRows } from '../src/core/multiply-rows.js';
import type { Run } from '../src/core/run.js';
import { multiplySparse } from '../src/core/sparse-matrix.js';
import type { StoredMatrix, StoredProjection } from '../src/core/weights.js';

/** Which layer, and its weights. */
export interface ProjectOptions {
  readonly layer: number;
  readonly weights: StoredProjection;
}

type Parts = Pick<Run, 'arena' | 'shape' | 'multiply'>;

/**
 * Add `qkv`: the rows of all heads, (heads × d) each, in shared memory, from `normed`, (heads·d).
 * `record`, the last to read them, frees them.
 *
 * All events that come are projected together, as one product of matrices, when the last of them is there: the input must
 * be finite, one step or the tokens of a prompt. A token's rows are the same alone and among others (`MultiplyRows`), by
 * whole matrices and by those that are kept without their zeros (`multiplySparse`).
 *
 * @throws Failure `bad-input` naming the step, layer, head and row that holds a number float32 cannot
 */
export function project<T extends TokenEvent & HasNormed>(
  run: Parts,
  { layer, weights }: ProjectOptions,
): OperatorFunction<T, T & HasQkv> {
  return (events) =>
    events.pipe(
      toArray(),
      mergeMap((together) => projectAll(run, layer, weights, together)),
    );
}

function projectAll<T extends TokenEvent & HasNormed>(
  run: Parts,
  layer: number,
  { q, k1, k2, v1, v2 }: StoredProjection,
  events: readonly T[],
): readonly (T & HasQkv)[] {
  const x = Float32Array.from(events.flatMap(({ normed }) => [...normed]));
  const rows = (name: keyof StoredProjection, w: StoredMatrix) => rowsOf(run, layer, name, x, w, events);
  const slots = {
    q: rows('q', q),
    k1: rows('k1', k1),
    k2: k2 && rows('k2', k2),
    v1: rows('v1', v1),
    v2: v2 && rows('v2', v2),
  };
  return events.map((event, i) => ({
    ...event,
    layer,
    qkv: {
      q: slots.q[i],
      k1: slots.k1[i],
      k2: slots.k2 && slots.k2[i],
      v1: slots.v1[i],
      v2: slots.v2 && slots.v2[i],
    },
  }));
}

/** One slot of (heads × d) per event. */
function rowsOf(
  { arena, shape, multiply = multiplyRows }: Parts,
  layer: number,
  name: string,
  x: Float32Array,
  w: StoredMatrix,
  events: readonly TokenEvent[],
): readonly Slot[] {
  const width = shape.heads * shape.d;
  const out = new Float32Array(events.length * width);
  if (events.length > 0) {
    if (w instanceof Float32Array) multiply(x, w, out, events.length);
    else multiplySparse(x, w, out, events.length);
  }
  return events.map((event, i) => {
    const row = out.subarray(i * width, (i + 1) * width);
    const bad = row.findIndex((number) => !Number.isFinite(number));
    if (bad >= 0) throw overflow(event, `layer ${layer}, head ${Math.floor(bad / shape.d)}`, name, row[bad]);
    const slot = arena.alloc(width);
    arena.view(slot).set(row);
    return slot;
  });
}

function overflow({ streamId, step }: TokenEvent, where: string, name: string, value: number): Failure {
  return new Failure(
    'bad-input',
    `stream ${streamId}, step ${step}, ${where}: ${name} holds ${value}`,
    'the projection weights are too large for float32: scale them down',
  );
}
