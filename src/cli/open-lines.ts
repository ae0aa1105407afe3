import { join } from 'node:path';
import { literal } from '../query/sql-text.js';

/** Programs whose lines are known. */
export const READERS = ['duckdb', 'pandas', 'polars', 'r'] as const;

/** A program that reads Parquet. */
export type Reader = (typeof READERS)[number];

/** Lines to paste into a program, so that it has the tables of a trace and a first answer. */
export function openLines(reader: Reader, dir: string, tables: readonly string[]): readonly string[] {
  const files = tables.map((table) => ({ table, path: join(dir, `${table}.parquet`) }));
  return LINES[reader](files, tables.includes('steps'));
}

/** The program and what it needs, for a heading. */
export const TITLES: Record<Reader, string> = {
  duckdb: 'DuckDB',
  pandas: 'Python with pandas and pyarrow',
  polars: 'Python with polars',
  r: 'R with arrow',
};

type Files = readonly { readonly table: string; readonly path: string }[];

const LINES: Record<Reader, (files: Files, hasSteps: boolean) => readonly string[]> = {
  duckdb: (files, hasSteps) => [
    ...files.map(({ table, path }) => `CREATE VIEW ${table} AS FROM read_parquet(${literal(path)});`),
    ...(hasSteps
      ? [
          'SELECT cache, max(resident_bytes) AS most_bytes, avg(err_rel_l2) AS error FROM steps GROUP BY cache ORDER BY cache;',
        ]
      : []),
  ],
  pandas: (files, hasSteps) => [
    'import pandas as pd',
    ...files.map(({ table, path }) => `${table} = pd.read_parquet(${quoted(path)})`),
    ...(hasSteps
      ? [
          'print(steps.groupby("cache").agg(most_bytes=("resident_bytes", "max"), error=("err_rel_l2", "mean")))',
        ]
      : []),
  ],
  polars: (files, hasSteps) => [
    'import polars as pl',
    ...files.map(({ table, path }) => `${table} = pl.read_parquet(${quoted(path)}, glob=False)`),
    ...(hasSteps
      ? [
          'print(steps.group_by("cache").agg(most_bytes=pl.max("resident_bytes"), error=pl.mean("err_rel_l2")).sort("cache"))',
        ]
      : []),
  ],
  r: (files, hasSteps) => [
    'library(arrow)',
    ...files.map(({ table, path }) => `${table} <- read_parquet(${quoted(path)})`),
    ...(hasSteps ? ['aggregate(cbind(resident_bytes, err_rel_l2) ~ cache, steps, max)'] : []),
  ],
};

/** A text as Python and R write it: as JSON. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
