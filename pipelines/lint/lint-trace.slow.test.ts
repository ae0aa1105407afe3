import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunFile } from '../../data/schemas/run-file.js';
import { temporaryFolder } from '../../data/testing/folder.js';
import { caches as all } from '../../operators/caches/index.js';
import type { CacheSpec } from '../../src/core/cache.js';
import { ORDERS } from '../testing/five-caches.js';
import { request } from '../testing/small-run.js';
import { writtenTrace, type Rows } from '../testing/written-trace.js';
import { lintTrace } from './lint-trace.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());
const at = (name: string) => join(folder.path, name);

const options = { n: 40, d: 4, heads: 2, layers: 1, streams: 2 };
const run = request({ name: 'gaussian', options }, {}, [['four-cache'], ['window', { size: 4 }]], {
  prompt: 2,
});
const said = async (name: string) =>
  (await lintTrace(at(name))).findings.map(
    ({ severity, rule, message }) => `${severity} ${rule}: ${message}`,
  );

it.each(ORDERS)('finds nothing broken in a run of every cache, %s order', async (order) => {
  const specs = all.map(({ spec }) => spec as CacheSpec).filter(({ orders }) => orders.includes(order));
  const shape = { d: 4, order, bytesPerNumber: 4 };
  const named = specs.map(
    (spec) => [spec.name, spec.within?.(2048, shape) ?? {}] as [string, Record<string, unknown>],
  );
  await writtenTrace(
    at(order),
    request({ name: 'gaussian', options: { ...options, order } }, {}, named, { recall: 3 }),
  );
  const { findings, rows } = await lintTrace(at(order));
  expect(findings.filter(({ severity }) => severity === 'broken')).toEqual([]);
  expect(rows).toEqual({
    steps: 160 * specs.length,
    outputs: 160 * specs.length,
    events: expect.any(Number),
  });
});

const broken: readonly (readonly [name: string, change: (rows: Rows) => void, says: RegExp])[] = [
  [
    'a row twice',
    ({ steps }) => void steps.splice(6, 0, steps[5]),
    /^broken L1: steps\.parquet, row 6 .*: layer 0, head 0, cache window, where layer 0, head 1, cache four-cache must be$/,
  ],
  ['a row less', ({ steps }) => void steps.splice(9, 1), /^broken L1: .* row 9 /],
  ['the last row less', ({ steps }) => void steps.pop(), /^broken L1: .*the last step has 3 rows, not 4$/],
  [
    'a step less',
    ({ steps }) => void steps.splice(80, 4),
    /^broken L1: .*step 11 of stream 0, where step 10 must be$/,
  ],
  [
    'a step twice',
    ({ steps }) => void steps.splice(8, 0, ...steps.slice(0, 4)),
    /^broken L1: .*step 0 of stream 0, where step 1 must be$/,
  ],
  ['an output less', ({ outputs }) => void outputs.splice(5, 1), /^broken L1: outputs\.parquet, row 5 /],
  [
    'a position that goes back',
    ({ steps }) => [80, 81, 82, 83].forEach((i) => (steps[i] = { ...steps[i], pos: 0 })),
    /^broken L1: .*pos 0 of stream 0 after 9$/,
  ],
  ['NaN', ({ steps }) => (steps[30] = { ...steps[30], lse: NaN }), /^broken NaN: .*row 30 .*column lse: NaN/],
  [
    'infinite bytes',
    ({ steps }) => (steps[30] = { ...steps[30], scratch_bytes: Infinity }),
    /^broken range: .*scratch_bytes: Infinity is not a finite number/,
  ],
  [
    'a share above 1',
    ({ steps }) => (steps[31] = { ...steps[31], lost_mass: 1.5 }),
    /^broken range: .*lost_mass: 1\.5 is not a share/,
  ],
  [
    'a negative count',
    ({ steps }) => (steps[31] = { ...steps[31], kept_side1: -1 }),
    /^broken range: .*kept_side1: -1/,
  ],
  [
    'an infinite output',
    ({ outputs }) => (outputs[3] = { ...outputs[3], output: [0, Infinity, 0, 0] }),
    /^broken range: outputs\.parquet, row 3 /,
  ],
  [
    'bytes against the formula',
    ({ steps }) => (steps[40] = { ...steps[40], resident_bytes: 1 }),
    /^broken L2: .*row 40 .*four-cache holds 1 bytes, its formula says/,
  ],
  [
    'a clock that goes back',
    ({ steps }) => steps.forEach((row, i) => (steps[i] = { ...row, t_ns: i === 77 ? 1 : 2 + i })),
    /^broken clock: .*row 77 .*t_ns is 1 after 78$/,
  ],
];

it.each(broken)('finds %s', async (name, change, says) => {
  await writtenTrace(at(name), run, change);
  const found = (await said(name)).filter((line) => line.startsWith('broken'));
  expect(found[0]).toMatch(says);
});

it('notes a measured column that never changes', async () => {
  await writtenTrace(at('dead'), run, ({ steps }) =>
    steps.forEach((row, i) => (steps[i] = { ...row, score_std: row.score_std === null ? null : 1 })),
  );
  expect(await said('dead')).toEqual([
    'note dead column: steps.parquet: score_std is 1 in all 304 rows that have it',
  ]);
});

it('finds steps that were read and are nowhere', async () => {
  await writtenTrace(at('lost'), run, undefined, (steps) => ({
    read: steps + 2,
    processed: steps,
    refused: 0,
  }));
  expect(await said('lost')).toEqual(['broken L3: run.json: read 82 is not processed 80 + refused 0']);
  await writtenTrace(at('less'), run, undefined, (steps) => ({
    read: steps + 1,
    processed: steps + 1,
    refused: 0,
  }));
  expect(await said('less')).toEqual([
    'broken L3: steps.parquet has 80 steps, run.json says 81 were processed',
  ]);
});

const edit = (name: string, change: (run: RunFile) => object) => {
  const path = join(at(name), 'run.json');
  writeFileSync(path, JSON.stringify(change(JSON.parse(readFileSync(path, 'utf8')) as RunFile)));
};
const zeros = '0'.repeat(64);

it.each([
  [
    'a cut file',
    (name: string) => truncateSync(join(at(name), 'outputs.parquet'), 99),
    /^broken checksum: .*outputs\.parquet has 99 bytes/,
  ],
  [
    'another config',
    (name: string) => edit(name, (run) => ({ ...run, config: { ...run.config, seed: 7 } })),
    /^broken checksum: run\.json: config_sha256/,
  ],
  [
    'another result',
    (name: string) => edit(name, (run) => ({ ...run, result_sha256: zeros })),
    /^broken checksum: run\.json: result_sha256/,
  ],
  [
    'a run that was stopped',
    (name: string) => edit(name, (run) => ({ ...run, status: 'interrupted' })),
    /^note status: run\.json: the run is interrupted$/,
  ],
])('finds %s', async (name, damage, says) => {
  await writtenTrace(at(name), run);
  expect(await said(name)).toEqual([]);
  damage(name);
  expect((await said(name))[0]).toMatch(says);
});

beforeAll(() => writtenTrace(at('sound'), run));
it('reads all rows of all tables', async () => {
  expect(await lintTrace(at('sound'))).toMatchObject({
    rows: { steps: 320, outputs: 304, events: 0 },
    findings: [],
  });
});
