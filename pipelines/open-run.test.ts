import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lastValueFrom, of } from 'rxjs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { temporaryFolder } from '../data/testing/folder.js';
import { gaussianSource } from '../data/sources/gaussian.js';
import { window } from '../operators/caches/window.js';
import { loadRows } from '../operators/load-rows.js';
import { mergePull } from '../operators/merge-pull.js';
import { updateCaches } from '../operators/update-caches.js';
import { decode, replay } from './decode.js';
import { memorySink } from './memory-sink.js';
import { openRun, type OpenRunOptions } from './open-run.js';
import { PLUGINS } from './plugins/testing/plug-ins-by-structure.js';
import { request, smallRun } from './testing/small-run.js';

const ROWS = { reference: 'f64', recall: 0, sparsity: null, recording: false, outputs: true } as const;
const OPTIONS = { ...ROWS, timings: false, rotary: false };
const SMALL = { threads: 1, kernel: 'reference' } as const;

const folder = temporaryFolder();
afterAll(() => folder.remove());

beforeAll(() => {
  writeFileSync(join(folder.path, 'mine.mjs'), PLUGINS);
  symlinkSync(fileURLToPath(new URL('../node_modules', import.meta.url)), join(folder.path, 'node_modules'));
});
const mineOf = (name: string) => `${join(folder.path, 'mine.mjs')}#${name}`;

async function* text(): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode('one two three two one two');
}

it('gives the rows that a run of the command line gives: tokens', async () => {
  const sizes = { d: 4, heads: 2, seed: 5 };
  const [sink, caches] = [memorySink(), ['four-cache', { name: 'window', size: 2 }]];
  const source = { name: 'text', path: '-' };
  const run = await openRun({ ...SMALL, ...sizes, source, caches, sink, scoreStd: 2, stdin: text() });
  await lastValueFrom(decode(run, run.tokens(), { ...OPTIONS, weights: run.weights }));
  await run.close();
  const named = { name: 'text', options: { path: 'pipelines/testing/six-words.txt' } };
  const model = { d: 4, heads: 2, scoreStd: 2 };
  const asked = request(named, model, [['four-cache'], ['window', { size: 2 }]], { seed: 5 });
  const whole = await smallRun(asked);
  expect(whole.steps).toHaveLength(6 * 2 * 2);
  const errors = (rows: typeof whole.steps) => rows.map((row) => [row.cache, row.err_rel_l2, row.lse]);
  expect(errors(sink.steps)).toEqual(errors(whole.steps));
  expect(sink.outputs).toHaveLength(whole.outputs.length);
});

it('takes sizes from a source of rows, and factories as they are', async () => {
  const sink = memorySink();
  const source = gaussianSource({ n: 5, d: 3, heads: 1, order: 'matrix' });
  const caches = [window({ size: 2 }), { label: 'all', factory: window({ size: 9 }) }];
  const run = await openRun({ ...SMALL, source, caches, sink });
  await lastValueFrom(replay(run, run.entries(), OPTIONS));
  await run.close();
  expect(run.shape).toEqual({ d: 3, heads: 1, layers: 1, order: 'matrix', scale: 1 });
  expect(run.weights).toEqual([]);
  const last = sink.steps.filter(({ step }) => step === 4);
  expect(last.map(({ cache, kept_side1 }) => [cache, kept_side1])).toEqual([
    ['window', 2],
    ['all', 5],
  ]);
  expect(last[1].err_rel_l2).toBe(0); // float64 sums, like the reference
});

it('takes caches from files, by reference, under the name that they give themselves', async () => {
  const sink = memorySink();
  const mine = { name: mineOf('breaking'), at: 99 };
  const caches = [mine, { ...mine, label: 'again' }, 'four-cache'];
  const run = await openRun({ ...SMALL, source: { name: 'gaussian', n: 3, d: 4, heads: 1 }, caches, sink });
  await lastValueFrom(replay(run, run.entries(), OPTIONS));
  await run.close();
  expect(sink.steps.map(({ cache }) => cache).slice(-3)).toEqual(['breaking', 'again', 'four-cache']);
  expect(sink.steps.at(-3)!.err_rel_l2).toBe(0);
});

it('takes sources from files, and holds them to their contract', async () => {
  const source = { name: mineOf('source'), fault: 'nan' };
  const run = await openRun({ ...SMALL, source, caches: [{ name: 'window', size: 2 }] });
  expect(run.shape).toMatchObject({ d: 4, heads: 2, order: 'matrix' });
  const played = lastValueFrom(replay(run, run.entries(), OPTIONS));
  await expect(played).rejects.toThrow(/^source .*mine\.mjs#source.*NaN/);
  await run.close();
  const wrongKind = openRun({ ...SMALL, caches: [mineOf('source')] });
  await expect(wrongKind).rejects.toThrow(/is a source, where a cache is needed/);
});

it('needs no source: a program may bring its own steps, with plain operators', async () => {
  const run = await openRun({
    ...SMALL,
    d: 2,
    heads: 1,
    order: 'matrix',
    caches: ['four-cache'],
    memory: 64,
  });
  const row = Float32Array.of(1, 2);
  const layers = [{ q: row, k1: row, k2: null, v1: row, v2: null }];
  const steps = [0, 1].map((step) => ({
    streamId: 0,
    step,
    pos: step,
    tokenId: null,
    prefill: false,
    layers,
  }));
  const flow = mergePull(steps, (step) => of(step).pipe(loadRows(run, { layer: 0 }), updateCaches(run)));
  const { updates } = await lastValueFrom(flow);
  await run.close();
  expect(updates[0].held.bytes().resident).toBe(2 * 2 * 2 * 4);
  expect(run.ledger.budget).toBe(64);
});

it.each<[string, Partial<OpenRunOptions>, string, string]>([
  ['a cache', { caches: ['windw'] }, 'unknown-name', 'windw'],
  ['an option', { caches: [{ name: 'window', size: -1 }] }, 'bad-option', 'size = -1'],
  ['two labels', { caches: ['window', { name: 'window', size: 3 }] }, 'bad-option', '"window" names two'],
  ['a source', { source: 'gausian' }, 'unknown-name', 'gausian'],
  ['a size', { source: { name: 'gaussian', d: 8 }, d: 9 }, 'bad-option', 'd = 9'],
])('refuses %s that is wrong', async (_, wrong, code, words) => {
  const opened = openRun({ ...SMALL, caches: ['four-cache'], ...wrong });
  await expect(opened).rejects.toMatchObject({ code, what: expect.stringContaining(words) as string });
});

it('says which steps a source brings', async () => {
  const run = await openRun({ ...SMALL, caches: ['four-cache'], source: { name: 'gaussian', n: 1 } });
  expect(() => run.tokens()).toThrow(/brings ready rows\n {2}hint: take run\.entries\(\)/);
  await run.close();
  const without = await openRun({ ...SMALL, caches: ['four-cache'] });
  expect(() => without.entries()).toThrow(/has no source/);
  await without.close();
});
