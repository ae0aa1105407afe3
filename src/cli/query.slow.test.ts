import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../data/testing/folder.js';
import { readParquet } from '../../data/testing/parquet.js';
import { traceBatches, writeTrace } from '../query/testing/traces.js';
import { kronflowHere, succeedHere } from './testing/in-process.js';
import { kronflow, succeed } from './testing/kronflow.js';

const folder = temporaryFolder();
const start = { cwd: folder.path };
beforeAll(async () => {
  await writeTrace(folder.path, 'trace', traceBatches(4));
});
afterAll(() => folder.remove());

describe('kronflow query', () => {
  it('answers, writes an answer once, and reads SQL from standard input', async () => {
    const json = await succeed(
      ['query', 'trace', 'select count(*) as n from steps', '--format', 'json'],
      start,
    );
    expect(JSON.parse(json)).toEqual([{ n: 32 }]);
    await succeed(['query', 'trace', 'from held_by_n()', '-o', 'held.parquet'], start);
    expect(await readParquet(join(folder.path, 'held.parquet'))).toHaveLength(16);
    expect(await kronflow(['query', 'trace', 'select 1', '-o', 'held.parquet'], start)).toMatchObject({ code: 2, stderr: expect.stringContaining('held.parquet exists') }); // prettier-ignore
    const piped = await succeed(['query', 'trace'], { ...start, stdin: "select ';' as a;\nselect\n 2 as b" });
    expect(piped).toMatch(/│ a │\n[^]*│ ; │\n[^]*│ b │\n[^]*│ 2 │/);
  });

  it('refuses what it must with exit code 2: wrong SQL with its place, other files, a trace that is not there', async () => {
    const sql = await kronflowHere(['query', 'trace', 'select cache,\n  nosuch from steps'], start);
    expect(sql).toMatchObject({ code: 2, stdout: '' });
    expect(sql.stderr).toMatch(/"nosuch"[^]*LINE 2: {3}nosuch from steps\n +\^/);
    writeFileSync(join(folder.path, 'secret.csv'), 'secret\n1\n');
    const file = await kronflowHere(['query', 'trace', "from 'secret.csv'"], start);
    expect(file).toMatchObject({ code: 2, stderr: expect.not.stringMatching(/^1$/m) });
    const typo = await kronflowHere(['query', 'trace', 'trave'], start);
    expect(typo).toMatchObject({ code: 2, stderr: expect.stringContaining('was taken for SQL: there is no such folder') }); // prettier-ignore
  });
});

it('timeline, open and inspect --plot read a trace', async () => {
  const { code, stderr } = await kronflowHere(['timeline', 'trace', '-o', 'timeline.json'], start);
  expect([code, stderr]).toEqual([0, expect.stringMatching(/^note: all 8 tokens\./)]);
  expect(JSON.parse(readFileSync(join(folder.path, 'timeline.json'), 'utf8'))).toHaveProperty('traceEvents');
  expect(await succeedHere(['open', 'trace', '--in', 'pandas'], start)).toContain(
    'steps = pd.read_parquet("',
  );
  const plots = await succeedHere(['inspect', 'trace', '--plot'], start);
  expect(plots).toMatch(/bytes held after n tokens[^]*[⠁-⣿]+[^]*error[^]*milliseconds/);
  expect(plots).not.toContain('\u001b'); // no terminal
});
