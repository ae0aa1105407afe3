import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { queryDuckDB } from '../../data/testing/duckdb.js';
import { temporaryFolder } from '../../data/testing/folder.js';
import { pythonPath, runPython } from '../../data/testing/python.js';
import { traceBatches, writeTrace } from '../query/testing/traces.js';
import { openLines, type Reader } from './open-lines.js';

const folder = temporaryFolder();
const tables = ['steps', 'outputs', 'events'];
const batches = traceBatches(6);
let dir = '';
beforeAll(async () => {
  dir = await writeTrace(folder.path, `it's [a] "trace"*`, batches);
});
afterAll(() => folder.remove());

const rows = batches.flatMap(({ steps }) => steps!);
const most = (cache: string) =>
  Math.max(...rows.filter((row) => row.cache === cache).map(({ resident_bytes }) => resident_bytes));

describe('the lines of open, run as they are', () => {
  it('give DuckDB the tables and a first answer', async () => {
    const found = await queryDuckDB(openLines('duckdb', dir, tables).join('\n'));
    expect(found).toMatchObject([{ cache: 'full', most_bytes: most('full'), error: 0 }, { cache: 'lossy', most_bytes: most('lossy') }]); // prettier-ignore
  });

  it.skipIf(pythonPath === null)('give pandas and polars theirs', async () => {
    const lines = (reader: Reader) =>
      openLines(reader, dir, tables).join('\n').replaceAll('print(', 'answer = (');
    const script = `import json
${lines('pandas')}
found = [len(steps), len(outputs), len(events), answer.most_bytes["full"], answer.most_bytes["lossy"]]
${lines('polars')}
found += [steps.height, outputs.height, events.height, *answer["most_bytes"].to_list()]
print(json.dumps(found))`;
    const counts = [rows.length, rows.length, 2, most('full'), most('lossy')];
    expect(await runPython(script)).toEqual([...counts, ...counts]);
  });

  it('are only those of tables that are there', () => {
    expect(openLines('r', '/t', ['recording'])).toEqual([
      'library(arrow)',
      'recording <- read_parquet("/t/recording.parquet")',
    ]);
  });
});
