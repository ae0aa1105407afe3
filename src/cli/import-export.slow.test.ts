import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { model, npz } from '../../data/importers/testing/arrays.js';
import { queryDuckDB } from '../../data/testing/duckdb.js';
import { temporaryFolder } from '../../data/testing/folder.js';
import { kronflowHere, succeedHere } from './testing/in-process.js';

let folder = temporaryFolder();
const cwd = () => folder.path;
beforeEach(() => {
  folder = temporaryFolder();
  writeFileSync(join(cwd(), 'm.npz'), npz(model({ kvHeads: 2, n: 12 })));
  mkdirSync(join(cwd(), 'folder'));
});
afterEach(() => folder.remove());

describe('kronflow import, inspect, replay, export', () => {
  it('lead from a file of another program to a trace and back', async () => {
    const said = await succeedHere(
      ['import', 'm.npz', '-o', 'm.arrow', '--scale', '1/sqrt(d)', '--lift', 'self'],
      { cwd: cwd() },
    );
    expect(said).toContain('m.arrow: 96 rows of recording');
    expect(said).toContain('careful: side 2 was made by lift self');
    expect(await succeedHere(['inspect', 'm.arrow'], { cwd: cwd() })).toMatch(
      /scale +│ 0\.5[^]*lift +│ self[^]*score std R/,
    );
    const summary = await succeedHere(['replay', 'm.arrow', '-c', 'four-cache', '-o', 'trace'], {
      cwd: cwd(),
    });
    expect(summary).toContain('lift self: side 2 was made from ordinary attention');
    const { run } = JSON.parse(await succeedHere(['inspect', 'trace', '--json'], { cwd: cwd() })) as {
      run: { lift: string; scale: number };
    };
    expect(run).toMatchObject({ lift: 'self', scale: 0.5 });
    await succeedHere(['export', 'm.arrow', '-o', 'm.safetensors'], { cwd: cwd() });
    const again = await succeedHere(['import', 'm.safetensors', '-o', 'again.parquet', '--json'], {
      cwd: cwd(),
    });
    expect(JSON.parse(again)).toMatchObject({
      rows: 96,
      metadata: { 'kronflow.scale': '0.5', 'kronflow.lift': 'self' },
    });
  });

  it('lead from a request log to a trace with its streams, the same at any speed', async () => {
    const log = [
      [0, 6, 3],
      [40, 2, 2],
    ].map(([timestamp, input_length, output_length]) =>
      JSON.stringify({ timestamp, input_length, output_length, hash_ids: [1] }),
    );
    writeFileSync(join(cwd(), 'log.jsonl'), log.join('\n'));
    await succeedHere(['import', 'log.jsonl', '-o', 'log.parquet'], { cwd: cwd() });
    const source = ['--source', 'requests:path=log.parquet', '--d', '4', '--heads', '1', '-c', 'window'];
    for (const speed of ['max', '10x'])
      await succeedHere(['run', ...source, '--speed', speed, '-o', speed], { cwd: cwd() });
    const rows = await queryDuckDB(
      `select stream_id, count(*)::int as n, count(attend_ns)::int as decoded from '${cwd()}/max/steps.parquet' group by 1 order by 1`,
    );
    expect(rows).toEqual([
      { stream_id: 0, n: 9, decoded: 3 },
      { stream_id: 1, n: 4, decoded: 2 },
    ]);
    expect(await succeedHere(['verify', 'max', '10x'], { cwd: cwd() })).toMatch(/equal|same/);
  });

  it.each([
    [['import', 'm.npz'], /required option '-o/],
    [['import', 'm.npz', '-o', 'm.arrow'], /nothing says the scale/],
    [['import', 'm.np', '-o', 'm.arrow'], /m\.np does not exist/],
    [['import', 'folder', '-o', 'm.arrow'], /folder is a folder/],
    [['import', 'm.npz', '-o', 'm.txt'], /its name does not say what to write/],
    [['import', 'm.npz', '-o', 'm.arrow', '--scale', '0'], /--scale 0/],
    [['import', 'm.npz', '-o', 'no/where/m.arrow', '--scale', '1'], /cannot be written/],
    [['export', 'm.npz', '-o', 'm.arrow'], /neither Parquet nor an Arrow/],
    [['inspect', 'm.npz'], /neither Parquet nor an Arrow/],
  ])('%j is refused with a hint, and leaves nothing', async (args, words) => {
    const before = readdirSync(cwd(), { recursive: true });
    const { code, stdout, stderr } = await kronflowHere(args, { cwd: cwd() });
    expect(code).toBeGreaterThan(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(words);
    expect(stderr).toMatch(/\n {2}hint: .+/);
    expect(readdirSync(cwd(), { recursive: true })).toEqual(before);
  });
});
