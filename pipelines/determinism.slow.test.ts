import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../data/testing/folder.js';
import { succeedHere } from '../src/cli/testing/in-process.js';
import { succeed } from '../src/cli/testing/kronflow.js';
import type { Order } from '../src/core/shape.js';
import { everyCache, everyCacheFlags } from './testing/every-cache.js';
import { ORDERS } from './testing/five-caches.js';
import { differences, readRun, rowsOf } from './testing/traces.js';

const SMALL = { d: 8, heads: 2, layers: 2, prompt: 0, tokens: 24 };
/**
 * One query of an exact cache is cut into tiles of 2^18 multiply-adds, or threads would have
 * nothing to do differently: n²·d in tensor order, n·d in matrix order. The prompt costs little.
 */
const SEVERAL_TILES = {
  tensor: { d: 32, heads: 2, layers: 1, prompt: 104, tokens: 110 },
  matrix: { d: 256, heads: 1, layers: 1, prompt: 1030, tokens: 1034 },
} as const;
const TABLES = ['steps', 'outputs', 'events'] as const;
const folder = temporaryFolder();

beforeAll(() => {
  const words = 'one two three four five six seven eight nine ten eleven twelve of them, '.repeat(80);
  writeFileSync(join(folder.path, 'text.txt'), words);
});
afterAll(() => folder.remove());

interface Sizes {
  readonly heads: number;
  readonly layers: number;
  readonly prompt: number;
  readonly tokens: number;
}

function argsOf(name: string, order: Order, size: Sizes): readonly string[] {
  const sizes = Object.entries(size).flatMap(([flag, value]) => [`--${flag}`, `${value}`]);
  const how = ['--order', order, ...everyCacheFlags(order), '--outputs', '-o', name];
  return ['run', 'text.txt', ...sizes, ...how];
}

/** Runs of one thread have processes of their own; these, with more threads, share one. */
async function run(name: string, order: Order, size: Sizes, ...flags: readonly string[]): Promise<string> {
  await succeedHere([...argsOf(name, order, size), ...flags], { cwd: folder.path });
  return join(folder.path, name);
}

const bytesOf = (dir: string, file: string) => readFileSync(join(dir, file)).toString('base64');

/** All of run.json but what may depend on the number of threads. */
async function described(dir: string): Promise<object> {
  const { execution, ...rest } = await readRun(dir);
  expect(execution).toHaveProperty('threads');
  return rest;
}

/** Run with one thread and with others, without timings; returns the run with one. */
async function sameBytes(
  name: string,
  order: Order,
  size: Sizes,
  others: readonly number[],
): Promise<string> {
  const flags = (threads: number) => ['--timings', 'off', '--threads', `${threads}`];
  await succeed([...argsOf(`${name}-1`, order, size), ...flags(1)], { cwd: folder.path });
  const one = join(folder.path, `${name}-1`);
  const rows = size.heads * size.layers * everyCache(order).length;
  expect(await rowsOf(one, 'steps')).toBe(size.tokens * rows);
  expect(await rowsOf(one, 'outputs')).toBe((size.tokens - size.prompt) * rows);
  for (const threads of others) {
    const other = await run(`${name}-${threads}`, order, size, ...flags(threads));
    for (const table of TABLES) {
      const file = `${table}.parquet`;
      expect(bytesOf(other, file), `${file}, ${threads} threads`).toBe(bytesOf(one, file));
    }
    expect(await described(other)).toEqual(await described(one));
    expect((await readRun(other)).execution.threads).toBe(threads);
  }
  return one;
}

describe.each(ORDERS)('law L6 in %s order', (order) => {
  it('without timings, 1, 2 and 5 threads leave the same files, byte for byte: queries of several tiles', async () => {
    await sameBytes(`${order}-tiles`, order, SEVERAL_TILES[order], [2, 5]);
  });

  it('small queries too; with timings, every other column is equal, and so is result_sha256', async () => {
    const one = await sameBytes(`${order}-small`, order, SMALL, [2]);
    const timed = await run(`${order}-timed-5`, order, SMALL, '--threads', '5');
    for (const table of ['steps', 'outputs']) expect(await differences(one, timed, table)).toBe(0);
    const [a, b] = [await readRun(one), await readRun(timed)];
    expect(a.result_sha256).toBe(b.result_sha256);
    expect(a.outputs['steps.parquet'].sha256).not.toBe(b.outputs['steps.parquet'].sha256); // times do differ
  });
});

it('another seed gives other numbers', async () => {
  const [one, two] = [
    join(folder.path, 'tensor-timed-5'),
    await run('seed-2', 'tensor', SMALL, '--seed', '2'),
  ];
  // every output differs: each stands once on the left and once on the right
  expect(await differences(one, two, 'outputs')).toBe(2 * 24 * 2 * 2 * everyCache('tensor').length);
  expect((await readRun(one)).result_sha256).not.toBe((await readRun(two)).result_sha256);
});
