import { afterAll, describe, expect, it } from 'vitest';
import { queryDuckDB } from '../../../data/testing/duckdb.js';
import { temporaryFolder } from '../../../data/testing/folder.js';
import { caches } from '../../../operators/caches/index.js';
import { exampleOf } from './cache-example.js';
import { kronflowHere } from '../testing/in-process.js';

// The plots of docs/caches.md, on shorter streams: commands run, and queries give columns that can be plotted.
const TOKENS = '60';
const folder = temporaryFolder();
afterAll(() => folder.remove());

describe.each(caches.map(({ spec }) => ({ name: spec.name, spec })))('$name', ({ name, spec }) => {
  const { command, query } = exampleOf(spec);

  it('runs, and gives columns to plot', async () => {
    const args = command.split(' ').slice(1);
    args[args.indexOf('--tokens') + 1] = TOKENS;
    const { code, stderr } = await kronflowHere([...args, '--threads', '1'], { cwd: folder.path });
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const rows = await queryDuckDB(query.replace("'traces/", `'${folder.path}/traces/`));
    const [axis, ...others] = Object.keys(rows[0]);
    expect(new Set(rows.map((row) => row[axis])).size).toBeGreaterThan(1);
    expect(rows.some(({ cache }) => cache === name)).toBe(true);
    for (const column of others.filter((each) => each !== 'cache')) {
      const values = rows.filter(({ cache }) => cache === name).map((row) => Number(row[column] ?? NaN));
      expect({ column, plotted: values.some(Number.isFinite) }).toEqual({ column, plotted: true });
    }
  });
});
