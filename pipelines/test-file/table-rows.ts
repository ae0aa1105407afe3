import { tableColumns, type TableName } from '../../data/schemas/tables.js';
import { readTable } from '../../data/sinks/read-table.js';
import { readSealedRun } from '../../data/sinks/read-steps.js';

/** A value of a trace. */
export type Cell = number | string | boolean | null;

/** One row of a table, by column. */
export type Row = Readonly<Record<string, Cell>>;

/** All rows of a table of a small trace, in file order; none where the run had none. */
export async function tableRows(dir: string, table: TableName): Promise<readonly Row[]> {
  const run = await readSealedRun(dir);
  const types = tableColumns(table, run.order);
  const rows: Row[] = [];
  if (!run.counters.rows[table]) return rows;
  for await (const { columns, rows: count } of readTable(dir, run, table)) {
    for (let i = 0; i < count; i++) {
      const cells = Object.entries(columns).map(([name, { values, valid }]) => {
        const isNull = valid !== null && valid[i] === 0;
        const value = types[name].type === 'BOOLEAN' ? Boolean(values[i]) : values[i];
        return [name, isNull ? null : value] as const;
      });
      rows.push(Object.fromEntries(cells));
    }
  }
  return rows;
}
