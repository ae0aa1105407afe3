import { afterAll, expect, it } from 'vitest';
import { temporaryFolder } from '../../../data/testing/folder.js';
import { traceBatches, writeTrace } from '../../query/testing/traces.js';
import { screenOf, tracePlots } from './trace-plots.js';
import { traceSeries } from './trace-series.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

it('adds up heads, takes means over streams, and knows null from 0', async () => {
  const batches = traceBatches(5);
  const dir = await writeTrace(folder.path, 'some', batches);
  const { caches } = await traceSeries(dir);
  const rows = batches
    .flatMap(({ steps }) => steps!)
    .filter(({ cache, step }) => cache === 'lossy' && step === 3);
  const sum = (of: (row: (typeof rows)[number]) => number) => rows.reduce((total, row) => total + of(row), 0);
  const lossy = caches.find(({ cache }) => cache === 'lossy')!;
  expect(rows).toHaveLength(4);
  expect(lossy.held[3]).toBeCloseTo(sum((row) => row.resident_bytes + row.metadata_bytes) / 2, 6);
  expect(lossy.error[3]).toBeCloseTo(sum((row) => row.err_rel_l2!) / 4, 12);
  expect(lossy.ms[3]).toBeCloseTo(
    sum((row) => (row.update_ns! + row.plan_ns! + row.attend_ns!) / 2e6),
    12,
  );
  expect([lossy.error[0], lossy.ms[0]]).toEqual([null, null]); // a prompt
  expect(caches.find(({ cache }) => cache === 'full')!.error[3]).toBe(0);
});

it('draws them, a long trace thinned, an empty one with a word', async () => {
  const text = await tracePlots(
    await writeTrace(
      folder.path,
      'long',
      traceBatches(300).map(({ steps }) => ({ steps: steps! })),
    ),
    {
      width: 60,
      colour: false,
    },
  );
  for (const title of ['bytes held', 'error', 'milliseconds']) expect(text).toContain(title);
  expect(text.match(/ lossy$/gm)).toHaveLength(3);
  expect(text).toContain('full: 0 everywhere');
  expect(Math.max(...text.split('\n').map((line) => [...line].length))).toBeLessThanOrEqual(60);
  const empty = await tracePlots(await writeTrace(folder.path, 'empty', []), { width: 60, colour: false });
  expect(empty.match(/nothing to draw: there are no values/g)).toHaveLength(3);
});

it('colours a terminal, unless NO_COLOR asks for none', () => {
  const terminal = (more: object) => more as NodeJS.WriteStream;
  expect(screenOf(terminal({ isTTY: true, columns: 99 }), {})).toEqual({ width: 99, colour: true });
  expect(screenOf(terminal({ isTTY: true, columns: 99 }), { NO_COLOR: '1' }).colour).toBe(false);
  expect(screenOf(terminal({ isTTY: false }), {})).toEqual({ width: 80, colour: false });
});
