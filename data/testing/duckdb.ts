import { DuckDBInstance } from '@duckdb/node-api';

/** Rows of a query in a fresh in-memory DuckDB; INT64 comes as bigint. */
export async function queryDuckDB(sql: string): Promise<readonly Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    return (await connection.runAndReadAll(sql)).getRowObjectsJS();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
