import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../data/testing/folder.js';
import { readParquet } from '../data/testing/parquet.js';
import { succeed } from '../src/cli/testing/kronflow.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

/** What a program prints; each must end by itself. */
async function printed(program: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [program], { timeout: 250_000 });
  return stdout.trimEnd();
}

it('own-pipeline.ts runs with a cache and a source of its own, which are exact until they forget', async () => {
  const lines = (await printed('dist/examples/own-pipeline.js')).split('\n');
  const errors = lines.flatMap((line) => {
    const found = /^n = (\d+): error of window ([\d.]+), of strided ([\d.]+)$/.exec(line);
    return found === null ? [] : [found.slice(1).map(Number)];
  });
  expect(errors.map(([n]) => n)).toEqual([20, 40, 60, 80, 100]);
  expect(errors[0][1]).toBe(0); // 20 entries, 32 kept
  expect(errors[0][2]).toBeGreaterThan(0); // 16 kept, and one of the four before
  expect(Math.min(...errors.slice(1).map(([, window]) => window))).toBeGreaterThan(0.01);
  expect(lines.at(-1)).toBe(`four-cache holds ${10 * 4 * 16 * 4} bytes of head 0`);
});

it('dashboard.ts ends with a line for each cache', async () => {
  const lines = (await printed('dist/examples/dashboard.js')).split('\n');
  expect(lines.map((line) => line.split(/ +/)[0])).toEqual(['four-cache', 'window', 'subgen-atoms']);
  expect(lines[0]).toContain(`${200 * 4 * 16 * 4} B  ${'▁'.repeat(48)}`); // exact, up to float32
  expect(lines[1]).toMatch(/ [▅▆▇█]{48}$/); // it has forgotten most
});

it('a run takes the cache, operator, source and sink by their files', async () => {
  const dir = join(folder.path, 'trace');
  const flags = [
    ...['--source', './dist/examples/custom-source.js#drifting:n=60,d=8,heads=1', '-c', 'four-cache'],
    ...['-c', './dist/examples/custom-cache.js#strided:recent=8,stride=3'],
    ...['--operator', './dist/examples/custom-operator.js#normRatio:every=5'],
    ...['--sink', './dist/examples/custom-sink.js#errorLog:above=0.1', '-o', dir],
  ];
  expect(await succeed(['run', ...flags], { cwd: '.' })).toContain('│ strided ');
  const ratios = await readParquet(join(dir, 'measures.parquet'), 'cache, step::INT step, value');
  expect(ratios).toHaveLength(2 * 12);
  const exact = ratios.filter(({ cache }) => cache === 'four-cache');
  for (const { value } of exact) expect(value).toBeCloseTo(1, 5);
  const steps = await readParquet(join(dir, 'steps.parquet'), 'cache, step::INT step, err_rel_l2');
  const far = steps.filter(({ err_rel_l2 }) => Number(err_rel_l2) > 0.1);
  const lines = readFileSync(join(dir, 'errors.jsonl'), 'utf8').trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(far.map((row) => ({ ...row, head: 0 })));
  expect(far.length).toBeGreaterThan(5);
});

it('the tests of a pipeline pass', async () => {
  const said = await succeed(['test', 'examples/window-study.test.yaml'], { cwd: '.' });
  expect(said).toContain('2 tests: 2 passed, 0 failed');
});

describe('the notebook', () => {
  interface Cell {
    readonly cell_type: 'code' | 'markdown';
    readonly source: readonly string[];
  }
  const { cells } = JSON.parse(readFileSync('examples/notebook.ipynb', 'utf8')) as { cells: readonly Cell[] };

  it('has the cells of notebook.mjs (else: node examples/testing/write-notebook.mjs)', async () => {
    const { cellsOf } = (await import('./testing/notebook-cells.mjs' as string)) as {
      cellsOf(program: string): readonly { cell_type: string; source: string }[];
    };
    const ofProgram = cellsOf(readFileSync('examples/notebook.mjs', 'utf8'));
    const ofNotebook = cells.map(({ cell_type, source }) => ({ cell_type, source: source.join('') }));
    expect(ofNotebook).toEqual(ofProgram);
    expect(ofProgram.filter(({ cell_type }) => cell_type === 'code')).toHaveLength(4);
  });

  it('runs, cell after cell', async () => {
    const program = join(import.meta.dirname, 'testing', `cells-${process.pid}.mjs`); // where kronflow is found
    const code = cells.filter(({ cell_type }) => cell_type === 'code').map(({ source }) => source.join(''));
    writeFileSync(program, code.join('\n'));
    const output = await printed(program).finally(() => rmSync(program));
    expect(output).toContain(`${96 * 2 * 8} rows`);
    const rows = [...output.matchAll(/│ \d +│ (\d+) +│ ([\d.e-]+) +│ ([\d.e-]+) +│/g)].map((row) =>
      row.slice(1).map(Number),
    );
    expect(rows.map(([tokens]) => tokens)).toEqual([8, 16, 32, 64]);
    for (const [, window, best] of rows) expect(best).toBeLessThan(window); // no choice beats the best
  });
});
