import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pythonPath } from '../data/testing/python.js';
import { temporaryFolder } from '../data/testing/folder.js';

const run = promisify(execFile);
const folder = temporaryFolder();
const trace = join(folder.path, 'trace');
const TOKENS = 100;

beforeAll(async () => {
  const caches = ['four-cache', 'two-cache', 'subgen4', 'window:size=8'].flatMap((cache) => ['-c', cache]);
  const flags = ['--tokens', `${TOKENS}`, '--d', '8', '--prompt', '10', ...caches, '-o', trace];
  await run(process.execPath, ['dist/src/cli/main.js', 'run', ...flags]);
});
afterAll(() => folder.remove());

/** All rows of each statement of analysis.sql, asked from inside the trace as its first line says. */
async function answers(): Promise<readonly (readonly Record<string, unknown>[])[]> {
  const sql = readFileSync('examples/analysis.sql', 'utf8').replaceAll(
    "'steps.parquet'",
    `'${trace}/steps.parquet'`,
  );
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const statements = await connection.extractStatements(sql);
  const results = [];
  for (let i = 0; i < statements.count; i++) {
    const prepared = await statements.prepare(i);
    results.push((await prepared.runAndReadAll()).getRowObjectsJS());
  }
  connection.closeSync();
  return results;
}

describe('examples/analysis.sql', () => {
  it('answers its three questions', async () => {
    const [bytes, errors, times] = await answers();
    const fourCache = bytes.filter(({ cache }) => cache === 'four-cache');
    expect(fourCache.map(({ n }) => n)).toEqual([50, 100]);
    // 2 heads × 4 matrices × n rows × 8 numbers × 4 bytes
    expect(fourCache.map(({ resident_bytes }) => resident_bytes)).toEqual(
      [50, 100].map((n) => 2 * 4 * n * 8 * 4),
    );
    expect(fourCache.map(({ formula_bytes }) => formula_bytes)).toEqual(
      [50, 100].map((n) => 2 * 4 * n * 8 * 4),
    );
    expect(fourCache.map(({ metadata_bytes }) => metadata_bytes)).toEqual([0, 0]);
    expect(bytes.some(({ metadata_bytes }) => Number(metadata_bytes) > 0)).toBe(true); // clusters are kept track of
    expect(errors).toHaveLength(4);
    const errorOf = (name: string) => Number(errors.find(({ cache }) => cache === name)!.error_mean);
    expect(errorOf('four-cache')).toBeLessThan(1e-6); // kernels sum in float32
    expect(errorOf('window')).toBeGreaterThan(1e-2); // it forgets
    expect(times.map(({ ms_p50, ms_max }) => Number(ms_p50) <= Number(ms_max))).toEqual([
      true,
      true,
      true,
      true,
    ]);
  });
});

describe.skipIf(pythonPath === null)('examples/analysis.py', () => {
  it('prints the numbers that SQL gives', async () => {
    const { stdout } = await run(pythonPath!, ['examples/analysis.py', trace]);
    expect(stdout).toContain('The trade itself.');
    const [, errors] = await answers();
    const window = errors.find(({ cache }) => cache === 'window')!;
    const trade = stdout.slice(stdout.indexOf('The trade itself.'));
    const line = trade.split('\n').find((text) => /^window\s+\S+\s+\S+\s+\S+\s+\S+$/.test(text))!;
    const [, bytes, mean, p99, std] = line.split(/\s+/).map(Number);
    expect(bytes).toBe(window.peak_bytes_per_head);
    expect(mean).toBeCloseTo(Number(window.error_mean), 5);
    expect(p99).toBeCloseTo(Number(window.error_p99), 5);
    expect(std).toBeCloseTo(Number(window.score_std_r), 5);
    const [, , times] = await answers();
    const { ms_p50, ms_p95, ms_max } = times.find(({ cache }) => cache === 'window')!;
    const [, ...printed] = stdout
      .split('\n')
      .findLast((text) => text.startsWith('window'))!
      .split(/\s+/);
    [ms_p50, ms_p95, ms_max].forEach((ms, i) => expect(Number(printed[i])).toBeCloseTo(Number(ms), 5));
  });
});

/** Execute a notebook with one kernel: its tables as HTML, and how many pictures it drew. An error in a cell is one here. */
const NOTEBOOK = `
import json, sys, nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
nbformat.validate(notebook)
NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
data = [output["data"] for cell in notebook.cells for output in cell.get("outputs", []) if "data" in output]
print(json.dumps({"pictures": sum("image/png" in d for d in data), "tables": [d["text/html"] for d in data if "text/html" in d]}))
`;

describe('examples/analysis.ipynb', () => {
  it.skipIf(pythonPath === null)('runs, and has the numbers that SQL gives', async () => {
    const env = { ...process.env, KRONFLOW_TRACE: trace, IPYTHONDIR: folder.path };
    const { stdout } = await run(pythonPath!, ['-c', NOTEBOOK, 'examples/analysis.ipynb'], { env });
    const found = JSON.parse(stdout) as { pictures: number; tables: string[] };
    expect(found.pictures).toBe(3);
    const [held, trade, times] = found.tables.map((html) => html.replace(/\s+/g, ' '));
    const [bytes, errors] = await answers();
    const subgen = bytes.find(({ cache, n }) => cache === 'subgen4' && n === TOKENS)!;
    expect(held).toContain(`<th>subgen4</th> <td>${TOKENS}</td> <td>${Number(subgen.resident_bytes).toFixed(1)}</td> <td>${Number(subgen.metadata_bytes).toFixed(1)}</td>`); // prettier-ignore
    const { peak_bytes_per_head, error_mean } = errors.find(({ cache }) => cache === 'window')!;
    const [, most, mean] = /<td>window<\/td> <td>(.*?)<\/td> <td>(.*?)<\/td>/.exec(trade)!.map(Number);
    expect(most).toBe(peak_bytes_per_head);
    expect(mean / Number(error_mean)).toBeCloseTo(1, 5);
    expect(times).toContain(`<td>${TOKENS - 10}.0</td>`); // decoded tokens, after the prompt
  });

  it('is kept without outputs', () => {
    const { cells } = JSON.parse(readFileSync('examples/analysis.ipynb', 'utf8')) as { cells: { cell_type: string; outputs?: unknown[]; execution_count?: unknown }[] }; // prettier-ignore
    const code = cells.filter(({ cell_type }) => cell_type === 'code');
    expect(code.length).toBeGreaterThan(0);
    expect(
      code.every(({ outputs, execution_count }) => outputs?.length === 0 && execution_count === null),
    ).toBe(true);
  });
});
