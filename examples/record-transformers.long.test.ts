import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../data/testing/folder.js';
import { readParquet } from '../data/testing/parquet.js';
import { succeed } from '../src/cli/testing/kronflow.js';

const run = promisify(execFile);
const python = await findTorch();

/** A Python with torch, transformers and pyarrow: KRONFLOW_TORCH_PYTHON, or the one of the other tests. */
async function findTorch(): Promise<string | null> {
  for (const path of [process.env.KRONFLOW_TORCH_PYTHON, process.env.KRONFLOW_PYTHON]) {
    if (path === undefined || path === '') continue;
    const works = await run(path, ['-c', 'import torch, transformers, pyarrow']).then(
      () => true,
      () => false,
    );
    if (works) return path;
  }
  console.warn(
    'no Python with torch and transformers (KRONFLOW_TORCH_PYTHON): recording a model is not tested',
  );
  return null;
}

describe.skipIf(python === null)('a recording of a real model', () => {
  const folder = temporaryFolder();
  const [TOLERANCE, MIN_R] = [1e-4, 0.5];
  let shape = { layers: 0, heads: 0, d: 0, n: 0, nan: -1 };
  const path = (name: string) => join(folder.path, name);
  const formats = ['arrow', 'parquet'];

  beforeAll(async () => {
    for (const format of formats) {
      const script = ['examples/testing/record_tiny_llama.py', path(`rec.${format}`), path('outputs.f32')];
      shape = JSON.parse((await run(python!, script)).stdout) as typeof shape;
    }
  }, 600_000);
  afterAll(() => folder.remove());

  it.each(formats)('gives the outputs of its own attention at every step: %s', async (format) => {
    const trace = `trace-${format}`;
    await succeed(['replay', `rec.${format}`, '-c', 'four-cache', '--outputs', '-o', trace], {
      cwd: folder.path,
    });
    const { layers, heads, d, n, nan } = shape;
    expect(nan).toBe(0);
    expect(n).toBe(32);
    const file = readFileSync(path('outputs.f32'));
    const wanted = new Float32Array(file.buffer, file.byteOffset, n * layers * heads * d);
    const rows = await readParquet(path(`${trace}/outputs.parquet`), 'step, layer, head, output');
    expect(rows).toHaveLength(n * layers * heads);
    let worst = 0;
    for (const { step, layer, head, output } of rows) {
      const start = ((Number(step) * layers + Number(layer)) * heads + Number(head)) * d;
      const got = (output as { items?: number[] }).items ?? (output as number[]);
      expect(got).toHaveLength(d);
      got.forEach((x, j) => (worst = Math.max(worst, Math.abs(x - wanted[start + j]))));
    }
    expect(worst).toBeLessThan(TOLERANCE);
    expect(Math.max(...wanted.map(Math.abs))).toBeGreaterThan(0.1); // the comparison is of something
    const [{ r }] = await readParquet(path(`${trace}/steps.parquet`), 'avg(score_std)::DOUBLE r');
    expect(r).toBeGreaterThan(MIN_R); // were all scores alike, any keys would give the right answer
  });

  it('says scale, shared heads and rotation', async () => {
    const [row] = await readParquet(
      path('rec.parquet'),
      'count(*)::INT n, count(k1)::INT held, count(token_id)::INT ids',
    );
    expect(row).toEqual({ n: 32 * 2 * 4, held: 32 * 2 * 2, ids: 32 * 2 * 4 });
    const run_ = JSON.parse(readFileSync(path('trace-parquet/run.json'), 'utf8')) as {
      scale: number;
      inputs: unknown[];
    };
    expect(run_.scale).toBe(0.25);
    expect(run_.inputs[0]).toMatchObject({ kv_heads: [0, 0, 1, 1], rope: 'post' });
  });
});
