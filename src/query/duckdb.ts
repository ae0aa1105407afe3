import type * as api from '@duckdb/node-api';
import { Failure } from '../core/failure.js';

/** The package that queries stand on: optional, because it is 70 MB of native code. */
export type DuckDB = typeof api;

/**
 * Load DuckDB when the first query wants it.
 * @throws Failure `not-found` when the optional package is not installed
 */
export async function loadDuckDB(
  load: () => Promise<DuckDB> = () => import('@duckdb/node-api'),
): Promise<DuckDB> {
  try {
    return await load();
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new Failure(
      'not-found',
      `queries need the optional package @duckdb/node-api, which cannot be loaded: ${reason}`,
      'npm install @duckdb/node-api@1.5.5-r.5',
      { cause: error },
    );
  }
}
