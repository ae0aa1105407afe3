import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../data/testing/folder.js';
import { readParquet } from '../../../data/testing/parquet.js';
import { openTraces, type TraceDb } from '../../query/index.js';
import { traceBatches, writeTrace } from '../../query/testing/traces.js';
import { answerTable } from './answer-table.js';
import { cellText } from './answer-text.js';
import { prompt } from './prompt.js';
import { splitStatements } from './split-statements.js';
import { answerText, formatOf, temporaryName, writeAnswer } from './write-answer.js';

const folder = temporaryFolder();
const parquet = join(folder.path, 'out.parquet');
let db: TraceDb;
beforeAll(async () => {
  const dir = await writeTrace(folder.path, 'trace', traceBatches(3));
  db = await openTraces([dir], { output: temporaryName(parquet) });
});
afterAll(() => {
  db.close();
  folder.remove();
});

const ODD = `select 9007199254740993 as big, 0.1::float as f, [0.1, null]::float[] as v, 'a"b,' || chr(10) as text, '' as empty,
  null as none, 'inf'::double as inf, {'x': 1} as o, true as yes`;
async function textOf(sql: string, format: 'json' | 'csv'): Promise<string> {
  let text = '';
  for await (const piece of answerText(await db.stream(sql), format, { rows: 0, width: null })) text += piece;
  return text;
}

describe('formats', () => {
  it('JSON has all digits and is JSON', async () => {
    const text = await textOf(ODD, 'json');
    expect(text).toContain('"big": 9007199254740993,');
    const [row] = JSON.parse(text) as unknown[];
    expect(row).toMatchObject({ f: 0.1, v: [0.1, null], text: 'a"b,\n', empty: '', none: null, inf: 'Infinity', o: { x: 1 }, yes: true }); // prettier-ignore
    expect(JSON.parse(await textOf('select 1 as a where false', 'json'))).toEqual([]);
    expect(JSON.parse(await textOf('from range(5000)', 'json'))).toHaveLength(5000); // several pieces
  });

  it('CSV tells null from an empty text, and quotes', async () => {
    expect(await textOf(ODD, 'csv')).toBe(
      'big,f,v,text,empty,none,inf,o,yes\n9007199254740993,0.1,"[0.1,null]","a""b,\n","",,Infinity,"{""x"":1}",true\n',
    );
  });

  it('a table is limited and says so', async () => {
    const long = await answerTable(await db.stream('from range(10)'), { rows: 3, width: null });
    expect(long).toMatch(/│ +2 │\n└─+┘\nthe first 3 rows: --rows 0 shows all\n$/);
    const wide = await answerTable(await db.stream('from steps limit 1'), { rows: 3, width: 60 });
    expect(wide).toMatch(/1 row; \d+ of 54 columns fit/);
    expect(
      Math.max(
        ...wide
          .split('\n')
          .slice(0, 5)
          .map((line) => line.length),
      ),
    ).toBeLessThanOrEqual(60);
    const all = await answerTable(await db.stream('from range(3000)'), { rows: 0, width: null });
    expect(all).toMatch(/3000 rows\n$/);
  });

  it('long vectors are cut, and control characters do nothing', () => {
    expect(cellText([1, 2, 3], 'DOUBLE[]', 2)).toBe('[1, 2, … (3)]');
    expect(cellText('a\u001b[31m\nb', 'VARCHAR')).toBe('a\\u001b[31m\nb');
  });

  it('Parquet is written by DuckDB, into this file alone', async () => {
    const notes = await writeAnswer(db, 'select sum(step) as s, count(*) as n from steps; -- all', { format: 'parquet', output: parquet }); // prettier-ignore
    expect(notes).toEqual([expect.stringMatching(/column s is HUGEINT/)]);
    expect(await readParquet(parquet)).toEqual([{ s: 24, n: 24n }]);
    expect(existsSync(temporaryName(parquet))).toBe(false);
    await expect(db.writeParquet('select 1; select 2')).rejects.toMatchObject({ code: 'bad-input' });
    await expect(db.query(`copy (select 1) to '${temporaryName(parquet)}'`)).rejects.toMatchObject({
      code: 'bad-input',
    });
  });

  it('a file is whole or not there', async () => {
    const output = join(folder.path, 'bad.csv');
    const sql = "select case when range > 3000 then error('now') else range end as x from range(4000)";
    await expect(writeAnswer(db, sql, { format: 'csv', output })).rejects.toMatchObject({
      code: 'bad-input',
    });
    expect(existsSync(output)).toBe(false);
    await writeAnswer(db, 'select 1 as x', { format: 'csv', output });
    expect(readFileSync(output, 'utf8')).toBe('x\n1\n');
  });

  it('are those of the name, unless another is asked for', () => {
    expect(['a.JSON', 'a.csv', 'a.parquet'].map((name) => formatOf(undefined, name))).toEqual([
      'json',
      'csv',
      'parquet',
    ]);
    expect(formatOf('json', 'a.csv')).toBe('json');
    expect(() => formatOf('parquet', undefined)).toThrow(/-o FILE/);
    expect(() => formatOf(undefined, 'a.txt')).toThrow(/its name does not say what to write/);
  });
});

it('statements end at semicolons that mean it', () => {
  expect(splitStatements('a \';\' "b;" -- c;\n/* ; */ $$ ; $$; d\n;; e ')).toEqual({
    statements: ['a \';\' "b;" -- c;\n/* ; */ $$ ; $$;', 'd\n;'],
    rest: 'e ',
  });
  for (const open of ["select 'a;", 'select "a;', '/* a;', '$x$ a; $$', '-- a;'])
    expect(splitStatements(open)).toEqual({ statements: [], rest: open });
});

describe('the prompt', () => {
  async function session(text: string, terminal = false): Promise<string> {
    const [input, output] = [new PassThrough(), new PassThrough()];
    let said = '';
    output.setEncoding('utf8').on('data', (part: string) => (said += part));
    const answer = async (sql: string) =>
      void output.write(JSON.stringify((await db.query(sql)).rows) + '\n');
    input.end(text);
    await prompt(db, { input, output, terminal, answer });
    return said;
  }

  it('answers statements over several lines, and the last without its semicolon', async () => {
    expect(await session("select 1; select\n ';' \n;\nselect 3")).toBe('[[1]]\n[[";"]]\n[[3]]\n');
  });

  it('knows its commands', async () => {
    expect(await session('.tables\n.quit\nselect 1;')).toContain('["by_cache",17]');
    expect(await session('.schema caches')).toContain('["caches","options","JSON"]');
    expect(await session('.help')).toContain("crossover(baseline := 'four-cache', bin := 16)");
    await expect(session('.nosuch')).rejects.toMatchObject({ code: 'unknown-name' });
    await expect(session('.schema nosuch')).rejects.toMatchObject({ code: 'unknown-name' });
  });

  it('ends at an error, unless a person sits there', async () => {
    await expect(session('select nosuch; select 2;')).rejects.toMatchObject({ code: 'bad-input' });
    expect(await session('select nosuch; select 2;\n', true)).toMatch(/LINE 1: select nosuch[^]*\[\[2\]\]/);
  });
});
