import { lastValueFrom, of, toArray, type Observable } from 'rxjs';
import { createBank, type LabelledCache } from '../../pipelines/cache-bank.js';
import type { HasQkv, Qkv, TokenEvent } from '../../src/core/event.js';
import { Ledger } from '../../src/core/ledger.js';
import { randomStream } from '../../src/core/random.js';
import type { Run } from '../../src/core/run.js';
import type { Order } from '../../src/core/shape.js';
import type { TraceBatch } from '../../src/core/trace.js';
import { SharedArena } from '../../workers/arena.js';
import { inlinePool } from '../../workers/inline-pool.js';
import { fourCache } from '../caches/four-cache.js';
import { mergePull } from '../merge-pull.js';

/** A run in memory: its clock ticks once a look, its sink keeps what it is given. */
export interface TestRun extends Run {
  readonly arena: SharedArena;
  readonly batches: TraceBatch[];
}

/** Sizes of a test run and its caches. */
export interface TestOptions {
  readonly heads?: number;
  readonly d?: number;
  readonly layers?: number;
  readonly order?: Order;
  readonly scale?: number;
  readonly seed?: number;
  readonly budget?: number;
  readonly dtype?: 'f32' | 'f64';
  readonly caches?: readonly LabelledCache[];
}

/** A run of one four-cache with two heads of 4 numbers, unless told otherwise. */
export function testRun({
  heads = 2,
  d = 4,
  layers = 1,
  order = 'tensor',
  scale = 1,
  seed = 1,
  budget = Infinity,
  dtype = 'f64',
  caches = [{ label: 'four-cache', factory: fourCache() }],
}: TestOptions = {}): TestRun {
  const arena = SharedArena.create(dtype);
  const batches: TraceBatch[] = [];
  let ticks = 0;
  const parts = {
    ...{ shape: { layers, heads, d, order, scale }, seed, arena, batches, ledger: new Ledger(budget) },
    random: (...labels: readonly (string | number)[]) => randomStream(seed, ...labels),
    clock: { now: () => ticks++ },
    sink: { write: (batch: TraceBatch) => Promise.resolve(void batches.push(batch)) },
  };
  return { ...parts, pool: inlinePool(arena), caches: createBank(parts, caches) };
}

/** One step of stream 0. */
export function token(step: number, rest: Partial<TokenEvent> = {}): TokenEvent {
  return { streamId: 0, step, pos: step, tokenId: 100 + step, prefill: false, ...rest };
}

/** One step with seeded normal rows in shared memory, as `project` leaves it. */
export function projected(
  { arena, shape }: TestRun,
  step: number,
  rest: Partial<TokenEvent> = {},
): TokenEvent & HasQkv {
  const normal = randomStream(step, 'rows');
  const rows = () => {
    const slot = arena.alloc(shape.heads * shape.d);
    arena.view(slot).set(Array.from({ length: slot.length }, () => normal.gaussian()));
    return slot;
  };
  const [q, k1, v1] = [rows(), rows(), rows()];
  const qkv: Qkv = {
    q,
    k1,
    v1,
    k2: shape.order === 'tensor' ? rows() : null,
    v2: shape.order === 'tensor' ? rows() : null,
  };
  return { ...token(step, rest), layer: 0, qkv };
}

/** Send events through `flow` one after the other, as a pipeline does, and collect what comes out. */
export function stepByStep<T, R>(
  events: readonly T[],
  flow: (event: Observable<T>) => Observable<R>,
): Promise<R[]> {
  return lastValueFrom(mergePull(events, (event) => flow(of(event))).pipe(toArray()));
}
