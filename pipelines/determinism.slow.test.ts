import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../data/testing/folder.js';
import { succeed } from '../src/cli/testing/kronflow.js';
import type { Order } from '../src/core/shape.js';
import { everyCache, everyCacheFlags } from './testing/every-cache.js';
import { ORDERS } from './testing/five-caches.js';
import { differences, readRun, rowsOf } from './testing/traces.js';

const SMALL = { d: 8, heads: 2, layers: 2, prompt: 0, tokens: 24 };
/**
 * `several tiles`: one query of an exact cache is cut into tiles of 2^18 multiply-adds, or threads would have
 * nothing to do differently: n²·d in tensor order, n·d in matrix order. The prompt costs little.
 */
const SIZES = {
  small: { tensor: SMALL, matrix: SMALL },
  'several tiles': {
    tensor: { d: 32, heads: 2, layers: 1, prompt: 150, tokens: 160 },
    matrix: { d: 256, heads: 1, layers: 1, prompt: 1030, tokens: 1034 },
  },
} as const;
const TABLES = ['steps', 'outputs', 'events'] as const;
const folder = temporaryFolder();

beforeAll(() => {
  const words = 'one two three four five six seven eight nine ten eleven twelve of them, '.repeat(80);
  writeFileSync(join(folder.path, 'text.txt'), words);
});
afterAll(() => folder.remove());

async function run(name: string, order: Order, size: object, ...flags: readonly string[]): Promise<string> {
  const sizes = Object.entries(size).flatMap(([flag, value]) => [`--${flag}`, `${value}`]);
  const args = [
    'run',
    'text.txt',
    ...sizes,
    '--order',
    order,
    ...everyCacheFlags(order),
    '--outputs',
    '-o',
    name,
  ];
  await succeed([...args, ...flags], { cwd: folder.path });
  return join(folder.path, name);
}

const bytesOf = (dir: string, file: string) => readFileSync(join(dir, file)).toString('base64');

/** All of run.json but what may depend on the number of threads. */
async function described(dir: string): Promise<object> {
  const { execution, ...rest } = await readRun(dir);
  expect(execution).toHaveProperty('threads');
  return rest;
}

describe('law L6: without timings, 1, 2 and 5 threads leave the same files, byte for byte', () => {
  const all = ORDERS.flatMap((order) =>
    (['small', 'several tiles'] as const).map((size) => [order, size] as const),
  );

  it.each(all)('%s order, %s', async (order, size) => {
    const { heads, layers, prompt, tokens } = SIZES[size][order];
    const on = (threads: number) => {
      const flags = ['--timings', 'off', '--threads', `${threads}`];
      return run(`${order}-${size}-${threads}`, order, SIZES[size][order], ...flags);
    };
    const one = await on(1);
    const caches = everyCache(order).length;
    expect(await rowsOf(one, 'steps')).toBe(tokens * heads * layers * caches);
    expect(await rowsOf(one, 'outputs')).toBe((tokens - prompt) * heads * layers * caches);
    for (const threads of [2, 5]) {
      const other = await on(threads);
      for (const table of TABLES) {
        const file = `${table}.parquet`;
        expect(bytesOf(other, file), `${file}, ${threads} threads`).toBe(bytesOf(one, file));
      }
      expect(await described(other)).toEqual(await described(one));
      expect((await readRun(other)).execution.threads).toBe(threads);
    }
  });
});

describe.each(ORDERS)('law L6 in %s order', (order) => {
  it('with timings, every column but the measured times is equal, and so is result_sha256', async () => {
    const one = await run(`${order}-timed-1`, order, SMALL, '--threads', '1');
    const five = await run(`${order}-timed-5`, order, SMALL, '--threads', '5');
    for (const table of ['steps', 'outputs']) expect(await differences(one, five, table)).toBe(0);
    const [a, b] = [await readRun(one), await readRun(five)];
    expect(a.result_sha256).toBe(b.result_sha256);
    expect(a.outputs['steps.parquet'].sha256).not.toBe(b.outputs['steps.parquet'].sha256); // times do differ
  });
});

it('another seed gives other numbers', async () => {
  const one = await run('seed-1', 'tensor', SMALL, '--seed', '1');
  const two = await run('seed-2', 'tensor', SMALL, '--seed', '2');
  // every output differs: each stands once on the left and once on the right
  expect(await differences(one, two, 'outputs')).toBe(2 * 24 * 2 * 2 * everyCache('tensor').length);
  expect((await readRun(one)).result_sha256).not.toBe((await readRun(two)).result_sha256);
});
