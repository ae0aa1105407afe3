import { describe, expect, it } from 'vitest';
import { atoms, attention, matrix } from '../src/core/plan.js';
import { randomStream } from '../src/core/random.js';
import { SharedArena } from './arena.js';
import { inlinePool } from './inline-pool.js';
import { createPool } from './pool.js';

const arena = SharedArena.create('f64');
const normal = randomStream(8);
const rows = (count: number) => {
  const made = arena.rows(4, () => {});
  for (let i = 0; i < count; i++) made.append(Array.from({ length: 4 }, () => normal.gaussian()));
  return made;
};
const q = arena.alloc(4);
arena.view(q).set([1, -1, 0.5, 2]);
const grid = (n: number) => attention(atoms(rows(n), rows(n)), atoms(rows(n), rows(n)));
const request = (...jobs: ReturnType<typeof grid>[]) => ({ q, d: 4, scale: 1, plan: { jobs } });

describe('answerStep', () => {
  it('answers nothing to nothing, and each request by itself, also one that is asked twice', async () => {
    const pool = inlinePool(arena);
    expect(await pool.attend([])).toEqual([]);
    const [small, large, none] = [request(grid(3)), request(grid(70)), request()];
    const [a, b, c, d] = await pool.attend([small, none, large, small]);
    expect([a.pairs, b.pairs, c.pairs, d.pairs]).toEqual([9, 0, 4900, 9]);
    expect(d.output).toEqual(a.output);
    expect(b).toMatchObject({ output: new Float64Array(4), queue_ns: 0, attend_ns: 0 });
  });

  it('gives the products of a request to that request', async () => {
    const prepared = (n: number) => {
      const into = rows(n * n);
      const [a, b] = [rows(n), rows(n)];
      const prepare = [{ kind: 'product' as const, a: matrix(a), b: matrix(b), into: matrix(into) }];
      return { ...request(), plan: { prepare, jobs: [attention(atoms(into, into), null)] }, a, b, into };
    };
    const [small, large] = [prepared(2), prepared(70)];
    const [plain, one, two] = await inlinePool(arena).attend([request(grid(6)), small, large]);
    expect(plain.flops).toBe(4 * 4 * 36 + 3 * 4 * 6);
    expect(one.flops).toBe((4 + 4 * 4) * 2 ** 2);
    expect(two.flops).toBe((4 + 4 * 4) * 70 ** 2);
    const { a, b, into } = large;
    expect([...into.read(71)]).toEqual([...a.read(1)].map((x, t) => x * b.read(1)[t]));
  });
});

it('the pool refuses a second step while one is in work: they would share one board', async () => {
  const pool = createPool({ arena, threads: 1 });
  const first = pool.attend([request(grid(9))]);
  await expect(pool.attend([request(grid(9))])).rejects.toThrow(RangeError);
  expect((await first)[0].pairs).toBe(81);
  expect(await pool.attend([request()])).toHaveLength(1);
  await pool.close();
});
