import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createTrace } from '../../data/sinks/trace-folder.js';
import { runStart } from '../../data/testing/rows.js';
import { temporaryFolder } from '../../data/testing/folder.js';
import { openTraces } from '../query/index.js';
import { summarise } from '../../pipelines/summarise.js';
import { collectReport, makeReport } from './make-report.js';
import { game, makeTrace } from './testing/traces.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());
const out = join(folder.path, 'report.html');

describe('what cannot be reported on is refused, and nothing is written', () => {
  it('a folder that is no trace', async () => {
    await expect(makeReport([folder.path], out)).rejects.toMatchObject({ code: 'bad-trace' });
  });

  it('a trace that is not finished, with what to do about it', async () => {
    const dir = join(folder.path, 'open');
    await createTrace(dir, runStart);
    await expect(makeReport([dir], out)).rejects.toMatchObject({
      code: 'bad-trace',
      hint: expect.stringContaining(`kronflow seal ${dir}`),
    });
  });

  it('a trace of another schema version beside one of this', async () => {
    const [a, b] = [
      await makeTrace(folder.path, 'new', { steps: 2 }),
      await makeTrace(folder.path, 'old', { steps: 2 }),
    ];
    const path = join(b, 'run.json');
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), schema_version: 99 }));
    await expect(makeReport([a, b], out)).rejects.toMatchObject({
      code: 'bad-trace',
      what: expect.stringContaining('schema_version = 99'),
    });
    rmSync(b, { recursive: true });
  });

  it('leaves no file', () => {
    expect(() => readFileSync(out)).toThrow(/ENOENT/);
  });
});

describe('comparing', () => {
  it('says plainly that traces of different streams cannot be compared', async () => {
    const source = { name: 'clustered', options: { n: 4 } };
    const config = {
      kronflow: 1,
      source,
      caches: [{ name: 'window', label: 'window', options: {} }],
      seed: 1,
    };
    const dirs = [
      await makeTrace(folder.path, 'one', { steps: 4 }),
      await makeTrace(folder.path, 'two', { steps: 4 }, { config, scale: 2 }),
    ];
    const { warnings } = await collectReport(dirs);
    expect(warnings).toEqual([
      'one and two differ in their stream, scale (0.5, 2): their errors cannot be compared with each other.',
    ]);
  });

  it('says nothing of repeats', async () => {
    const dirs = [1, 2].map((seed) => makeTrace(folder.path, `same-${seed}`, { steps: 4, seed }));
    expect((await collectReport(await Promise.all(dirs))).warnings).toEqual([]);
  });
});

it('summarises as `inspect` does', async () => {
  const dir = await makeTrace(folder.path, 'sums', { steps: 20 });
  const [report, expected] = [await collectReport([dir]), await summarise(dir)];
  for (const cache of expected.caches) {
    const row = report.summary.find((one) => one.cache === cache.cache)!;
    expect(row.peak_held_bytes).toBeCloseTo(cache.peak_held_bytes, 3);
    expect(row.err_rel_l2_p99).toBe(cache.err_rel_l2_p99);
    expect(row.ms_per_token_p50).toBeCloseTo(cache.ms_per_token_p50!, 9);
  }
});

it('runs every query that the page shows as it stands there', async () => {
  const dir = await makeTrace(folder.path, 'asked', { steps: 20 });
  const { answered } = await collectReport([dir]);
  const db = await openTraces([dir]);
  for (const { sql, rows } of answered)
    if (sql !== null) expect(await db.objects(sql)).toHaveLength(rows.length);
  db.close();
});

it('makes a page of an index game alone, without a word of traces', async () => {
  const made = await makeReport([], out, [game]);
  expect(made.drawn).toEqual(['fano']);
  expect(new Set(made.leftOut.map(({ reason }) => reason))).toEqual(new Set(['no trace was named']));
  const page = readFileSync(out, 'utf8');
  expect(page).toContain('<h1>Index game</h1>');
  expect(page).toContain('<title>kronflow: Index game</title>');
  expect(page).not.toContain('<h3>Summary</h3>');
});
