import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { stepColumns } from '../schemas/steps.js';
import { temporaryFolder } from '../testing/folder.js';
import { runStart, stepRow } from '../testing/rows.js';
import { openJournal } from './journal.js';
import { readSteps } from './read-steps.js';
import { sealTrace } from './seal.js';
import { createTrace } from './trace-folder.js';
import type { StepRow } from '../../src/core/trace.js';

const ROWS = 300;
let folder = temporaryFolder();
const dir = () => join(folder.path, 'run');

beforeEach(async () => {
  folder = temporaryFolder();
  await createTrace(dir(), runStart);
  const journal = await openJournal(dir(), { d: 4, order: 'tensor', clock: { now: () => 0 } });
  for (let i = 0; i < ROWS; i++) await journal.write({ steps: [stepRow(i)] });
  await journal.close();
});
afterEach(() => folder.remove());

it('reads the columns asked for, null apart from 0', async () => {
  await sealTrace(dir());
  const { rows, columns, run } = await readSteps(dir(), ['cache', 'step', 'samples', 'lse']);
  expect(rows).toBe(ROWS);
  expect(run.d).toBe(4);
  expect(Object.keys(columns)).toEqual(['cache', 'step', 'samples', 'lse']);
  const expected = Array.from({ length: ROWS }, (_, i) => stepRow(i));
  expect(columns.cache.values).toEqual(expected.map(({ cache }) => cache));
  expect(columns.step.values).toEqual(Int32Array.from(expected, ({ step }) => step));
  expect(columns.lse).toEqual({ values: Float64Array.from(expected, ({ lse }) => lse ?? NaN), valid: null });
  expect(columns.samples.valid).toEqual(Uint8Array.from(expected, ({ samples }) => Number(samples !== null)));
});

it('reads every column as it was written', async () => {
  await sealTrace(dir());
  const names = Object.keys(stepColumns) as (keyof StepRow)[];
  const { columns } = await readSteps(dir(), names);
  for (let i = 0; i < ROWS; i++) {
    const row = Object.fromEntries(names.map((name) => [name, at(name, i)]));
    expect(row).toEqual(stepRow(i));
  }
  function at(name: keyof StepRow, i: number) {
    const { values, valid } = columns[name];
    if (valid?.[i] === 0) return null;
    return ['prefill', 'within_bound', 'out_of_range'].includes(name) && values[i] !== null
      ? values[i] === 1
      : values[i];
  }
});

it('says how to seal a trace that is not sealed', async () => {
  const failure = await readSteps(dir(), ['step']).catch((error: unknown) => error);
  expect(failure).toMatchObject({
    name: 'Failure',
    code: 'bad-trace',
    hint: `kronflow seal ${dir()}, or go on: kronflow resume ${dir()}`,
  });
});

it('refuses a folder that is no trace, and a Parquet file that was cut, changed or removed', async () => {
  const bad = { name: 'Failure', code: 'bad-trace' };
  await expect(readSteps(folder.path, ['step'])).rejects.toMatchObject(bad);
  await sealTrace(dir());
  const path = join(dir(), 'steps.parquet');
  const bytes = readFileSync(path);
  bytes[bytes.length >> 1] ^= 1;
  writeFileSync(path, bytes);
  await expect(readSteps(dir(), ['step'])).rejects.toThrow(/is not what its sha256 says/);
  truncateSync(path, bytes.length - 20);
  await expect(readSteps(dir(), ['step'])).rejects.toMatchObject(bad);
  rmSync(path);
  await expect(readSteps(dir(), ['step'])).rejects.toThrow(/steps.parquet is missing/);
});
