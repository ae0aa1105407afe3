import type { Rows } from '../src/core/memory.js';
import { atoms, attention } from '../src/core/plan.js';
import type { AttendRequest, AttentionPool, Threading } from '../src/core/pool.js';
import { randomStream } from '../src/core/random.js';
import type { SharedArena } from './arena.js';
import { makePool, type PoolOptions } from './pool.js';
import type { Sharing } from './sharing.js';

const D = 64;
const SIZES = [96, 128, 192, 256, 384, 512]; // keys of both sides: the largest step takes a third of a millisecond
const WARMUP_MS = 5;
const ROUNDS = 7;
const GAIN = 0.9; // a step that is shared must be so much shorter, or it is not worth a second processor
const MOST_MS = 40; // for a slow kernel, or a machine that others use
const NAP_MS = 0.1; // longer than threads look for the next step
const NAPS = 10;

/** A pool that has measured on this machine, in milliseconds, from what size on it pays to share a step. */
export async function openPool(options: PoolOptions): Promise<AttentionPool> {
  const { pool, sharing } = makePool(options);
  if (options.threads === 1) return pool;
  const problem = probe(options.arena);
  try {
    sharing.threading = await measure(pool, sharing, problem);
  } catch (error) {
    await pool.close();
    throw error;
  } finally {
    problem.release();
  }
  return pool;
}

const ALONE: Threading = { alone: Infinity, asleep: Infinity };
const SHARED: Threading = { alone: 0, asleep: 0 };

/** The largest sizes at which sharing did not pay, with threads that are awake and with threads that sleep. */
async function measure(pool: AttentionPool, sharing: Sharing, { at }: Problem): Promise<Threading> {
  await pool.attend([at(SIZES[0])]); // starts the threads
  const start = performance.now();
  while (performance.now() < start + WARMUP_MS) await pool.attend([at(SIZES[0])]); // compiles
  const end = performance.now() + MOST_MS;
  const measured = { alone: 0, asleep: 0 };
  let awakePays = false;
  for (const n of SIZES) {
    if (performance.now() > end) return measured;
    const request = at(n);
    const times = { alone: [] as number[], awake: [] as number[], asleep: [] as number[] };
    for (let round = 0; round < ROUNDS; round++) {
      times.alone.push(await timed(pool, sharing, ALONE, request));
      await timed(pool, sharing, SHARED, request); // wakes them
      times.awake.push(await timed(pool, sharing, SHARED, request));
      for (let i = 0; i < NAPS && sharing.others.awake; i++) blockFor(NAP_MS);
      times.asleep.push(await timed(pool, sharing, SHARED, request));
    }
    const typical = { alone: median(times.alone), awake: median(times.awake), asleep: median(times.asleep) };
    awakePays ||= typical.awake < GAIN * typical.alone;
    if (!awakePays) measured.alone = n * n * D;
    if (typical.asleep < GAIN * typical.alone) return measured;
    measured.asleep = n * n * D;
  }
  return measured;
}

/** Not the least: where others use the processors too, that would promise what they rarely leave. */
function median(times: readonly number[]): number {
  return Float64Array.from(times).sort()[times.length >> 1];
}

/** Milliseconds of one step with this threading. */
async function timed(
  pool: AttentionPool,
  sharing: Sharing,
  threading: Threading,
  request: AttendRequest,
): Promise<number> {
  sharing.threading = threading;
  const start = performance.now();
  await pool.attend([request]);
  return performance.now() - start;
}

/** The thread sleeps, and so does its event loop. */
function blockFor(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

interface Problem {
  /** One exact step over n keys. */
  at(n: number): AttendRequest;
  release(): void;
}

function probe(arena: SharedArena): Problem {
  const random = randomStream(D, 'threading probe');
  const most = SIZES[SIZES.length - 1];
  const matrices: Rows[] = Array.from({ length: 4 }, () => {
    const rows = arena.rows(D, () => {});
    for (let i = 0; i < most; i++) rows.append(Array.from({ length: D }, () => random.gaussian()));
    return rows;
  });
  const q = arena.alloc(D);
  arena.view(q).fill(0.1);
  return {
    at(n) {
      for (const rows of matrices) rows.resize(n);
      const [k1, v1, k2, v2] = matrices;
      return { q, d: D, scale: 1, plan: { jobs: [attention(atoms(k1, v1), atoms(k2, v2))] } };
    },
    release() {
      for (const rows of matrices) rows.release();
      arena.free(q);
    },
  };
}
