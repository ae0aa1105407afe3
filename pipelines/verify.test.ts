import { join } from 'node:path';
import { truncateSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { temporaryFolder } from '../data/testing/folder.js';
import { request } from './testing/small-run.js';
import { writtenTrace, type Rows } from './testing/written-trace.js';
import { verifyTraces } from './verify.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());
const at = (name: string) => join(folder.path, name);

const options = { n: 30, d: 4, heads: 2, layers: 1, streams: 2 };
const caches: Parameters<typeof request>[2] = [['four-cache'], ['window', { size: 4 }]];
const run = request({ name: 'gaussian', options }, {}, caches);
const PER_STEP = 2 * 2;

beforeAll(() => writtenTrace(at('a'), run));

/** Compare with the same trace after a change. */
async function changed(name: string, change: (rows: Rows) => void, tolerance = 0) {
  await writtenTrace(at(name), run, change);
  return verifyTraces(at('a'), at(name), tolerance);
}

it('finds two runs of one seed the same, whatever their times', async () => {
  const timed = ({ steps }: Rows) =>
    steps.forEach((row, i) => (steps[i] = { ...row, t_ns: i, update_ns: 7 }));
  expect(await changed('timed', timed)).toEqual({
    compared: { steps: 60 * PER_STEP, outputs: 60 * PER_STEP },
    onlyInOne: [],
    difference: null,
  });
});

it.each([
  [
    'a number',
    ({ steps }: Rows) => (steps[101] = { ...steps[101], lse: 2.5 }),
    { table: 'steps', row: 101, column: 'lse', b: '2.5' },
  ],
  [
    'a null',
    ({ steps }: Rows) => (steps[7] = { ...steps[7], lse: null }),
    { table: 'steps', row: 7, column: 'lse', b: 'null' },
  ],
  [
    'a flag',
    ({ steps }: Rows) => (steps[9] = { ...steps[9], prefill: true }),
    { row: 9, column: 'prefill', a: '0', b: '1' },
  ],
  [
    'a sign of zero',
    ({ steps }: Rows) => (steps[0] = { ...steps[0], metadata_bytes: -0 }),
    { row: 0, column: 'metadata_bytes', a: '0', b: '-0' },
  ],
  [
    'a key',
    ({ steps }: Rows) => (steps[5] = { ...steps[5], cache: 'windou' }),
    { row: 5, column: 'cache', a: 'window', b: 'windou' },
  ],
  [
    'one number of a vector',
    ({ outputs }: Rows) =>
      (outputs[239] = { ...outputs[239], output: [...Array.from(outputs[239].output).slice(0, 3), 9] }),
    {
      table: 'outputs',
      row: 239,
      column: 'output[3]',
      b: '9',
      key: { stream_id: 1, layer: 0, head: 1, cache: 'window', step: 29 },
    },
  ],
  [
    'a row more',
    ({ steps }: Rows) => steps.push({ ...steps[0] }),
    { table: 'steps', row: 240, column: null, a: 'no such row', b: 'a row' },
  ],
  [
    'a row less',
    ({ outputs }: Rows) => outputs.pop(),
    { table: 'outputs', row: 239, column: null, a: 'a row', b: 'no such row' },
  ],
])('names the first difference: %s', async (name, change, difference) => {
  const verified = await changed(`with ${name}`, change);
  expect(verified.difference).toMatchObject(difference);
});

it('names the first of several differences: the row counts before the column', async () => {
  const change = ({ steps }: Rows) => {
    steps[50] = { ...steps[50], pos: 99 };
    steps[40] = { ...steps[40], lse: 1, max_score: 1 };
  };
  expect((await changed('several', change)).difference).toMatchObject({ row: 40, column: 'max_score' });
});

it('lets numbers differ within a tolerance, and no further', async () => {
  const nearly =
    (factor: number) =>
    ({ steps }: Rows) =>
      steps.forEach((row, i) => (steps[i] = { ...row, resident_bytes: row.resident_bytes * factor }));
  expect((await changed('near', nearly(1 + 1e-7), 1e-6)).difference).toBeNull();
  expect((await changed('far', nearly(1 + 1e-5), 1e-6)).difference).toMatchObject({
    column: 'resident_bytes',
  });
});

it('says which table only one of them has', async () => {
  await writtenTrace(at('without'), run, (rows) => (rows.outputs = []));
  expect(await verifyTraces(at('a'), at('without'))).toMatchObject({
    onlyInOne: ['outputs'],
    difference: null,
  });
});

it('refuses traces whose rows cannot be paired, and damaged ones, and says why', async () => {
  await writtenTrace(at('wide'), request({ name: 'gaussian', options: { ...options, d: 8 } }, {}, caches));
  await expect(verifyTraces(at('a'), at('wide'))).rejects.toThrow(
    /has d = 4, .* has d = 8: their rows cannot be compared/,
  );
  await writtenTrace(at('one'), request({ name: 'gaussian', options }, {}, [['four-cache']]));
  await expect(verifyTraces(at('a'), at('one'))).rejects.toThrow(/has caches = four-cache, window, /);
  await writtenTrace(at('cut'), run);
  truncateSync(join(at('cut'), 'outputs.parquet'), 100);
  await expect(verifyTraces(at('a'), at('cut'))).rejects.toMatchObject({ code: 'bad-trace' });
});
