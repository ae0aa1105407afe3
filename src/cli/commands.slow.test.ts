import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sources } from '../../data/sources/index.js';
import { queryDuckDB } from '../../data/testing/duckdb.js';
import { temporaryFolder } from '../../data/testing/folder.js';
import { caches } from '../../operators/caches/index.js';
import type { TraceSummary } from '../../pipelines/summarise.js';
import { kronflowHere, succeedHere } from './testing/in-process.js';
import { kronflow, MAIN, succeed } from './testing/kronflow.js';

const folder = temporaryFolder();
const start = { cwd: folder.path };

beforeAll(async () => {
  writeFileSync(
    join(folder.path, 'text.txt'),
    'A short text, with a few more tokens than a window keeps. '.repeat(3),
  );
  await succeed(
    ['run', 'text.txt', '--d', '8', '-c', 'window:size=4', '-c', 'two-cache', '-o', 'out'],
    start,
  );
});
afterAll(() => folder.remove());

describe('list', () => {
  it('gives caches as JSON: name, summary, exactness, orders, options, paper', async () => {
    const listed = JSON.parse(await succeedHere(['list', 'caches', '--json'], start)) as Record<
      string,
      unknown
    >[];
    expect(listed.map(({ name }) => name)).toEqual(caches.map(({ spec }) => spec.name));
    for (const cache of listed) {
      expect(cache).toMatchObject({ name: expect.any(String), summary: expect.any(String) });
      expect(['exact', 'certified', 'unbiased', 'heuristic']).toContain(cache.exactness);
      expect(cache.orders).toContain('tensor');
      expect(cache.options).toBeInstanceOf(Array);
      for (const option of cache.options as unknown[])
        expect(option).toMatchObject({
          ...{ name: expect.any(String), type: expect.any(String), description: expect.stringMatching(/./) },
        });
      if (cache.paper === null) continue; // a line in a plot, of no paper
      expect(cache.paper).toMatchObject({ title: expect.any(String), url: expect.stringMatching(/^https:/) });
    }
    const window = listed.find(({ name }) => name === 'window')!;
    expect((window.options as unknown[])[0]).toMatchObject({ name: 'size', type: 'budget', default: 128 });
  });

  it('gives sources as JSON and both as text', async () => {
    const listed = JSON.parse(await succeedHere(['list', 'sources', '--json'], start)) as { name: string }[];
    expect(listed.map(({ name }) => name)).toEqual(sources.map(({ spec }) => spec.name));
    expect(listed.map(({ name }) => name)).toEqual(expect.arrayContaining(['text', 'ids', 'recording']));
    const text = await succeedHere(['list', 'sources'], start);
    for (const { spec } of sources) expect(text).toContain(`  ${spec.name}`);
  });
});

describe('--help', () => {
  it.each(['run', 'record', 'replay'])(
    '%s: names every cache, its options and their defaults',
    async (command) => {
      const help = await succeedHere([command, '--help'], start);
      for (const { spec } of caches) {
        expect(help).toContain(`  ${spec.name} `);
        expect(help).toContain(spec.summary);
        for (const option of Object.keys(spec.options.shape))
          expect(help).toMatch(RegExp(`^ +${option} `, 'm'));
      }
      for (const flag of [
        '--d',
        '--heads',
        '--tokens',
        '--order',
        '--scale',
        '--score-std',
        '--seed',
        '--threads',
      ])
        expect(help).toContain(` ${flag} `);
      for (const flag of [
        '-o, --output',
        '--cache',
        '--memory',
        '--outputs',
        '--reference',
        '--kernel',
        '--json',
      ])
        expect(help).toContain(`${flag} `);
    },
  );

  it('says every command and exit code; nothing at all is the help, refused', async () => {
    const help = await succeedHere(['--help'], start);
    for (const name of ['run', 'record', 'replay', 'seal', 'inspect', 'list'])
      expect(help).toMatch(RegExp(`^ +${name} `, 'm'));
    expect(help).toContain('exit codes: 0 done');
    expect(await kronflowHere([], start)).toMatchObject({ code: 2, stdout: '', stderr: help });
    expect(await succeed(['--version'], start)).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('inspect', () => {
  it('gives as JSON what a query of the trace gives', async () => {
    const summary = JSON.parse(await succeedHere(['inspect', 'out', '--json'], start)) as TraceSummary;
    const [row] = await queryDuckDB(`
      with t as (select step, cache, sum(resident_bytes) as b, sum(update_ns + plan_ns + attend_ns) / 1e6 as ms
        from '${folder.path}/out/steps.parquet' group by all)
      select (select count(distinct step) from t) as tokens,
        (select sqrt(avg(score_std * score_std)) from '${folder.path}/out/steps.parquet' where step > 0) as std,
        (select max(b) from t where cache = 'two-cache') as peak,
        (select quantile_disc(ms, 0.5) from t where cache = 'window') as p50,
        (select quantile_disc(ms, 0.95) from t where cache = 'window') as p95,
        (select avg(err_rel_l2) from '${folder.path}/out/steps.parquet' where cache = 'window') as mean,
        (select max(err_rel_l2) from '${folder.path}/out/steps.parquet' where cache = 'window') as max`);
    const [window, two] = summary.caches;
    expect([window.cache, two.cache]).toEqual(
      ['window:size=4', 'two-cache'].map((name) => name.split(':')[0]),
    );
    expect(summary.tokens).toBe(Number(row.tokens));
    expect(summary.score_std).toBeCloseTo(row.std as number, 12);
    expect(two.peak_resident_bytes).toBe(row.peak);
    expect(window.ms_per_token_p50).toBeCloseTo(row.p50 as number, 9);
    expect(window.ms_per_token_p95).toBeCloseTo(row.p95 as number, 9);
    expect(window.err_rel_l2_mean).toBeCloseTo(row.mean as number, 12);
    expect(window.err_rel_l2_max).toBe(row.max);
    expect(summary.run).toMatchObject({ status: 'complete', sealed: true });
  });

  it('gives people a line for each cache', async () => {
    const table = await succeedHere(['inspect', 'out'], start);
    for (const words of [
      'window',
      'two-cache',
      'held',
      'scratch',
      'ms/token p50',
      'p95',
      'error mean',
      'p99',
      'max',
      'R',
    ])
      expect(table).toContain(words);
  });
});

describe('output', () => {
  it('of run --json is one JSON object, equal to what inspect says later; no progress on a pipe', async () => {
    const said = await kronflow(['run', 'text.txt', '--d', '8', '--json', '-o', 'json'], start);
    expect(said).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(said.stdout)).toEqual(JSON.parse(await succeed(['inspect', 'json', '--json'], start)));
  });

  it('of seal --json is one JSON object', async () => {
    expect(JSON.parse(await succeed(['seal', 'out', '--json'], start))).toMatchObject({
      ...{ dir: 'out', already: true, status: 'complete', cuts: [] },
      counters: { read: expect.any(Number), refused: 0 },
    });
  });

  it('may be cut by its reader: no complaint when the pipe is closed', () => {
    for (const args of ['list caches --json', 'run --help', 'inspect out --json']) {
      const command = `"${process.execPath}" "${MAIN}" ${args} | head -c 1; exit "\${PIPESTATUS[0]}"`;
      const { status, stderr } = spawnSync('bash', ['-c', command], { ...start, encoding: 'utf8' });
      expect({ args, status, stderr }).toEqual({ args, status: 0, stderr: '' });
    }
  });

  it('without -o goes to the next free folder of traces/', async () => {
    const args = ['run', 'text.txt', '--d', '4', '--tokens', '3', '-c', 'window', '--json'];
    const dirs = [];
    for (let i = 0; i < 2; i++) dirs.push((JSON.parse(await succeed(args, start)) as TraceSummary).dir);
    expect(dirs).toEqual([join('traces', 'run-1'), join('traces', 'run-2')]);
  });
});
