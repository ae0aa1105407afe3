import { setTimeout } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { atoms, attention, matrix, type AttendJob, type TaskJob } from '../src/core/plan.js';
import type { Answer, AttendRequest, AttentionPool } from '../src/core/pool.js';
import { randomStream } from '../src/core/random.js';
import { SharedArena } from './arena.js';
import { chooseKernel } from './choose-kernel.js';
import { inlinePool } from './inline-pool.js';
import { createPool, type PoolOptions } from './pool.js';

const D = 8;
/** Rows of a problem that is cut into some tens of tiles. */
const MANY = 2000;
const MODULE = new URL('./testing/tasks.mjs', import.meta.url).href;
const pools: AttentionPool[] = [];
const open = (options: PoolOptions) => {
  const pool = createPool(options);
  pools.push(pool);
  return pool;
};
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

/** Keys and values of n rows, a query, and jobs over them. */
function problem(n: number, dtype: 'f32' | 'f64' = 'f32') {
  const arena = SharedArena.create(dtype);
  const random = randomStream(n, 'tasks');
  const rows = () => {
    const made = arena.rows(D, () => {});
    for (let i = 0; i < n; i++) made.append(Array.from({ length: D }, () => random.gaussian()));
    return made;
  };
  const [keys, values] = [rows(), rows()];
  const q = arena.alloc(D);
  arena.view(q).set(Array.from({ length: D }, () => random.gaussian()));
  // `pairs` says that rows are long, so that there is something to share
  const task = (name: string, changes: Partial<TaskJob> = {}): TaskJob => ({
    ...{ kind: 'task', role: 'both', task: `${MODULE}#${name}`, rows: n, pairs: 500 * n },
    ...{ inputs: [matrix(keys), matrix(values)], numbers: [], ...changes },
  });
  const request = (...jobs: AttendJob[]): AttendRequest => ({ q, d: D, scale: 0.5, plan: { jobs } });
  return { arena, task, request, rows: attention(atoms(keys, values), null) };
}

const values = (answers: readonly Answer[]) =>
  answers.map(({ attend_ns: _attend, queue_ns: _queue, output, ...rest }) => ({
    ...rest,
    output: [...output],
  }));

describe('a task of a plug-in', () => {
  it('answers as our own kernel does with the same formula, and is counted', async () => {
    const { arena, task, request, rows } = problem(300, 'f64');
    const [own, ours] = await inlinePool(arena).attend([request(task('attendRows')), request(rows)]);
    own.output.forEach((x, j) => expect(x).toBeCloseTo(ours.output[j], 14));
    expect(own.lse).toBeCloseTo(ours.lse, 13);
    expect(own).toMatchObject({ pairs: 300, flops: ours.flops, rest: 0, maxScore: NaN, scoreStd: NaN });
    expect(own.attend_ns).toBeGreaterThan(0);
  });

  it.each(['reference', 'native', 'wasm'] as const)(
    'leaves the same bits with 1, 2 and 5 threads beside jobs of the %s kernel',
    async (name) => {
      const kernel = await chooseKernel(name).catch(() => null);
      if (kernel === null) return; // not on this machine
      const { arena, task, request, rows } = problem(MANY);
      const split = [task('attendRows', { role: 'numerator' }), task('attendRows', { role: 'denominator' })];
      const requests = [
        request(rows),
        request(task('attendRows')),
        request(...split),
        request(rows, split[1]),
      ];
      const expected = values(await open({ arena, threads: 1, kernel }).attend(requests));
      expect(values(await inlinePool(arena).attend(requests.slice(1, 3)))).toEqual(expected.slice(1, 3));
      for (const threads of [2, 5]) {
        const pool = open({ arena, threads, kernel });
        for (let round = 0; round < 3; round++) expect(values(await pool.attend(requests))).toEqual(expected);
      }
    },
  );

  it('is imported by threads that are up already, before the first step that names it', async () => {
    const { arena, task, request, rows } = problem(MANY);
    const pool = open({ arena, threads: 2 });
    for (const job of [rows, task('attendRows'), task('nothing'), task('attendRows'), rows]) {
      const expected = values(await inlinePool(arena).attend([request(job)]));
      for (let round = 0; round < 20; round++)
        expect(values(await pool.attend([request(job)]))).toEqual(expected);
    }
  });

  it('reads float64 rows where the job says so, whole pieces, and the numbers of the job', async () => {
    const { arena, task, request } = problem(1);
    const sums = arena.rows(2, () => {}, 'f64');
    const plain = arena.rows(1, () => {});
    for (let i = 0; i < 100; i++) sums.append([1, 2 ** -40]); // more than one span
    plain.append([0.5]);
    const inputs = [{ ...matrix(sums), wide: 'f64' as const }, matrix(plain)];
    const job = task('addUp', { inputs, numbers: [7] });
    const [{ output, lse }] = await inlinePool(arena).attend([request(job)]);
    const total = 100.5 + 100 * 2 ** -40;
    expect(lse).toBe(Math.log(total));
    expect([...output]).toEqual(Array.from({ length: D }, () => 7 / total));
  });

  it('may find nothing to score, and has no tile without rows', async () => {
    const { arena, task, request } = problem(3);
    const none = { output: new Float64Array(D), lse: -Infinity, pairs: 0 };
    const requests = [request(task('nothing')), request(task('throws', { rows: 0, pairs: 0 }))];
    expect(await inlinePool(arena).attend(requests)).toMatchObject([none, none]);
  });

  it('whose thread dies is done again', async () => {
    const { arena, task, request, rows } = problem(MANY);
    const pool = open({ arena, threads: 2 });
    const died: string[] = [];
    pool.onEvent = ({ kind }) => died.push(kind);
    const expected = values(await inlinePool(arena).attend([request(task('attendRows'))]));
    await pool.attend([request(rows)]);
    arena.ints(4, 1)[0] = 1;
    const requests = [request(task('dieOnce'))];
    while (died.length === 0) {
      expect(values(await pool.attend(requests))).toEqual(expected);
      await setTimeout(0); // what a thread that died has left comes with events
    }
    expect(values(await pool.attend(requests))).toEqual(expected);
    expect(died).toEqual(['worker-restarted']);
  });
});

describe('a task that fails', () => {
  const wrong = [
    ['throws', 'no such row: 0'],
    ['notANumber', 'l is NaN'],
    ['infinite', 'acc[1] is Infinity'],
    ['tooLong', 'acc holds 9 numbers instead of 8'],
    ['halfOfNothing', 'm is -Infinity, which says that nothing was scored, but l or acc is not 0'],
    ['minusOnePair', 'it counts -1 pairs and '],
    ['async', 'it returned a promise, but a task answers at once'],
    ['silent', 'it returned undefined'],
  ] as const;

  it.each([1, 2])('is a failure with its name, of its request, and %i threads go on', async (threads) => {
    const { arena, task, request, rows } = problem(MANY);
    const pool = open({ arena, threads });
    const expected = values(await inlinePool(arena).attend([request(rows)]));
    for (const [name, what] of wrong) {
      const error: unknown = await pool
        .attend([request(rows), request(task(name))])
        .catch((thrown) => thrown);
      expect(error).toMatchObject({ name: 'Failure', code: 'plugin-failed', request: 1 });
      expect((error as Error).message).toContain(`tasks.mjs#${name}, rows 0 to `);
      expect((error as Error).message).toContain(what);
      if (name === 'throws') expect((error as Error).stack).toContain('tasks.mjs:'); // where it was thrown
      expect(values(await pool.attend([request(rows)]))).toEqual(expected);
    }
  });

  it.each([1, 2])(
    'keeps the words of a failure of another copy of kronflow, on %i threads',
    async (threads) => {
      const { arena, task, request } = problem(MANY);
      const refused = open({ arena, threads }).attend([request(task('refuses'))]);
      await expect(refused).rejects.toMatchObject({
        ...{ name: 'Failure', what: expect.stringMatching(/rows are too short$/), hint: 'make them longer' },
      });
    },
  );

  it('that depends on more than its argument is told so', async () => {
    const { arena, task, request } = problem(3);
    const what = expect.stringMatching(
      /#moody, rows 0 to 3: it failed, and did not fail when it was called again/,
    );
    await expect(inlinePool(arena).attend([request(task('moody'))])).rejects.toMatchObject({ what });
  });

  it.each([
    ['sumRows', 'has no form MODULE#EXPORT'],
    ['./tasks.mjs#attendRows', 'is not in a file: or data: URL'],
    [`${MODULE}#`, 'has no form MODULE#EXPORT'],
    [`${MODULE}x#attendRows`, 'cannot be imported: '],
    [
      `${MODULE}#attendRow`,
      'does not exist: the module does not export attendRow\n  hint: did you mean "attendRows"',
    ],
    [`${MODULE}#notAFunction`, 'is no function'],
    ['data:text/javascript,throw new Error("not today")#x', 'cannot be imported: not today'],
  ])('to load is a failure in words: %s', async (name, what) => {
    const { arena, task, request, rows } = problem(3);
    const pool = open({ arena, threads: 2 });
    const asked = pool.attend([request(rows), request(task('nothing')), request(task('', { task: name }))]);
    await expect(asked).rejects.toMatchObject({
      ...{ code: 'bad-plugin', request: 2 },
      message: expect.stringContaining(`task ${name} ${what}`),
    });
  });
});
