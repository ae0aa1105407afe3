import { setTimeout } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { atoms, attention, matrix, type Plan } from '../src/core/plan.js';
import type { Answer, AttendRequest, AttentionPool, PoolEvent } from '../src/core/pool.js';
import { randomStream } from '../src/core/random.js';
import { SharedArena } from './arena.js';
import { inlinePool } from './inline-pool.js';
import { createPool } from './pool.js';

const pools: AttentionPool[] = [];
const opened = (pool: AttentionPool) => (pools.push(pool), pool);
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

/** A grid, materialised rows with their products, and a split plan: all job kinds in one step. */
function step(arena: SharedArena, n: number, d: number): AttendRequest[] {
  const random = randomStream(n, d);
  const rows = (count = n) => {
    const made = arena.rows(d, () => {});
    for (let i = 0; i < count; i++) made.append(Array.from({ length: d }, () => random.gaussian()));
    return made;
  };
  const q = arena.alloc(d);
  arena.view(q).set(Array.from({ length: d }, () => random.gaussian() / 2));
  const [k1, v1, k2, v2] = [rows(), rows(), rows(), rows()];
  const [keys, values] = [rows(0), rows(0)];
  keys.resize(n * n);
  values.resize(n * n);
  const [one, two] = [atoms(k1, v1), atoms(k2, v2)];
  const plans: Plan[] = [
    { jobs: [attention(one, two)] },
    {
      prepare: [
        { kind: 'product', a: matrix(k1), b: matrix(k2), into: matrix(keys) },
        { kind: 'product', a: matrix(v1), b: matrix(v2), into: matrix(values) },
      ],
      jobs: [attention(atoms(keys, values), null)],
    },
    { jobs: [attention(one, two, 'numerator'), attention(one, two, 'denominator')] },
  ];
  return plans.map((plan) => ({ q, d, scale: 1, plan }));
}

const values = (answers: readonly Answer[]) =>
  answers.map(({ attend_ns: _attend, queue_ns: _queue, output, ...rest }) => ({
    ...rest,
    output: [...output],
  }));

const taskOf = (name: string) => new URL(`./testing/${name}.task.mjs`, import.meta.url).href;

describe('the worker pool', () => {
  it.each([
    [1, 3],
    [33, 16],
    [150, 24],
  ])('gives the same bits as the calling thread with 1, 2 and 5 threads (n = %i, d = %i)', async (n, d) => {
    const arena = SharedArena.create('f32');
    const requests = step(arena, n, d);
    const expected = values(await inlinePool(arena).attend(requests));
    for (const threads of [1, 2, 5]) {
      const pool = opened(createPool({ arena, threads }));
      for (let round = 0; round < 3; round++) expect(values(await pool.attend(requests))).toEqual(expected);
    }
    const [grid, materialised, split] = expected.map(({ output }) => output);
    grid.forEach((x, j) => {
      expect(Math.abs(x - materialised[j])).toBeLessThan(1e-5);
      expect(split[j]).toBeCloseTo(x, 12);
    });
  });

  it('does small steps itself, with the same bits, and wakes no thread for them', async () => {
    const arena = SharedArena.create('f32');
    const requests = step(arena, 60, 8);
    const task = taskOf('failing'); // a thread would fail
    const alone = opened(createPool({ arena, threads: 2, task, small: 60 * 60 * 8 * 4 }));
    expect(values(await alone.attend(requests))).toEqual(values(await inlinePool(arena).attend(requests)));
    const larger = step(arena, 61, 8);
    await expect(alone.attend(larger)).rejects.toThrow('no such tile');
  });

  it('lets its threads take tiles, also after they have gone to sleep and after they have given up waiting', async () => {
    const arena = SharedArena.create('f32');
    const looks = arena.ints(4, 1);
    const requests = step(arena, 60, 8);
    const expected = values(await inlinePool(arena).attend(requests));
    const pool = opened(createPool({ arena, threads: 2, task: taskOf('counting') }));
    for (const pause of [0, 20, 1300]) {
      await setTimeout(pause);
      looks[0] = 0;
      while (looks[0] === 0) {
        expect(values(await pool.attend(requests))).toEqual(expected);
        await setTimeout(0); // what a thread that left has sent comes with events
      }
    }
  });

  it('shares no step below what it was told to, unless threads are awake', async () => {
    const arena = SharedArena.create('f32');
    const requests = step(arena, 60, 8);
    const threading = { alone: 0, asleep: Infinity };
    const pool = opened(createPool({ arena, threads: 2, task: taskOf('failing'), threading }));
    expect(values(await pool.attend(requests))).toEqual(values(await inlinePool(arena).attend(requests)));
  });

  it('sees memory that grew after its threads started', async () => {
    const arena = SharedArena.create('f32');
    const pool = opened(createPool({ arena, threads: 2 }));
    await pool.attend(step(arena, 5, 4));
    arena.alloc(8_000_000);
    const requests = step(arena, 40, 4);
    expect(values(await pool.attend(requests))).toEqual(values(await inlinePool(arena).attend(requests)));
  });

  it('measures time in kernels and in the queue', async () => {
    const arena = SharedArena.create('f32');
    const answers = await opened(createPool({ arena, threads: 1 })).attend(step(arena, 120, 16));
    for (const { attend_ns, queue_ns } of answers) {
      expect(attend_ns).toBeGreaterThan(1e4);
      expect(queue_ns).toBeGreaterThan(0);
      expect(queue_ns).toBeLessThan(60e9);
    }
  });

  const dying = (arena: SharedArena, deaths: number, task = taskOf('dying')) => {
    arena.ints(4, 1)[0] = deaths;
    const events: PoolEvent[] = [];
    const pool = opened(createPool({ arena, threads: 2, task }));
    pool.onEvent = (event) => events.push(event);
    return { pool, events };
  };

  it('replaces a thread that dies, does its tiles again and tells', async () => {
    const arena = SharedArena.create('f32');
    const { pool, events } = dying(arena, 2);
    const requests = step(arena, 100, 16);
    expect(values(await pool.attend(requests))).toEqual(values(await inlinePool(arena).attend(requests)));
    expect(events.map(({ kind }) => kind)).toEqual(['worker-restarted', 'worker-restarted']);
    expect(events[0].message).toMatch(/exited with code: 7/);
  });

  it('does again what a thread left in the middle of a tile, and tells', async () => {
    const arena = SharedArena.create('f32');
    const requests = step(arena, 100, 16);
    const expected = values(await inlinePool(arena).attend(requests));
    const { pool, events } = dying(arena, 1, taskOf('dying-in-tile'));
    while (events.length === 0) {
      expect(values(await pool.attend(requests))).toEqual(expected);
      await setTimeout(0);
    }
    expect(values(await pool.attend(requests))).toEqual(expected);
    expect(events).toMatchObject([
      { kind: 'worker-restarted', message: expect.stringMatching(/exited with code: 7/) },
    ]);
  });

  it('passes on an error of a thread: its message, and apart from it its stack', async () => {
    const arena = SharedArena.create('f32');
    const error = await opened(createPool({ arena, threads: 2, task: taskOf('failing') }))
      .attend(step(arena, 5, 4))
      .catch((thrown: unknown) => thrown as Error);
    expect(error).toBeInstanceOf(RangeError);
    expect(error).toMatchObject({
      message: 'no such tile',
      stack: expect.stringContaining('at kernel.js:7'),
    });
  });

  it('gives up in words when threads keep dying', async () => {
    const arena = SharedArena.create('f32');
    const { pool } = dying(arena, 1000);
    await expect(pool.attend(step(arena, 100, 16))).rejects.toMatchObject({ code: 'worker-lost' });
  });
});
