import { expect, it } from 'vitest';
import { queryDuckDB } from '../../data/testing/duckdb.js';
import type { OpenedTrace } from './opened-trace.js';
import { labelTraces } from './labels.js';
import { unionOfTables } from './table-views.js';
import { temporaryFolder } from '../../data/testing/folder.js';

const trace = (dir: string) =>
  ({ label: dir, dir, run: { outputs: { 'events.parquet': {} } } }) as unknown as OpenedTrace;
const columns = (more: Record<string, string>) =>
  new Map(Object.entries({ t_ns: 'DOUBLE', kind: 'VARCHAR', ...more }));

it('columns that an older trace lacks are null, those that a newer one adds are kept', async () => {
  const folder = temporaryFolder();
  await queryDuckDB(`copy (select 1.5::double as t_ns, 'a' as kind) to '${folder.path}/events.parquet'`);
  await queryDuckDB(
    `copy (select 2.5::double as t_ns, 'b' as kind, 7 as added) to '${folder.path}/new.parquet'`,
  );
  const known = new Map([[`${folder.path}/events.parquet`, columns({})], ['/new/events.parquet', columns({ added: 'INTEGER' })]]); // prettier-ignore
  const sql = unionOfTables('events', [trace(folder.path), trace('/new')], known);
  const rows = await queryDuckDB(sql.replace('/new/events.parquet', `${folder.path}/new.parquet`));
  const missing = { stream_id: null, step: null, message: null };
  expect(rows).toEqual([
    { trace: folder.path, t_ns: 1.5, kind: 'a', ...missing, added: null },
    { trace: '/new', t_ns: 2.5, kind: 'b', ...missing, added: 7 },
  ]);
  folder.remove();
});

it('a column of another type is refused by name', () => {
  const known = new Map([['/a/events.parquet', columns({ step: 'VARCHAR' })]]);
  expect(() => unionOfTables('events', [trace('/a')], known)).toThrow(
    /\/a\/events\.parquet: column step is VARCHAR, elsewhere it is INTEGER/,
  );
});

it('labels are the shortest that differ', () => {
  expect(labelTraces(['/x/a/run', '/x/b/run', '/x/other'])).toEqual(['a/run', 'b/run', 'other']);
  expect(labelTraces(['/run', '/x/run'])).toEqual(['run', 'x/run']);
});
