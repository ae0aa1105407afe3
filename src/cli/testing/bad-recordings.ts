import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CONTAINERS, makeRows, toTable, type Row } from '../../../data/sources/testing/recordings.js';

/** A recording that must be refused, and what the message must name. */
export interface BadRecording {
  readonly name: string;
  readonly rows: Row[];
  /** Cut the file after this share of its bytes. */
  readonly keep?: number;
  readonly lists?: 'fixed' | 'list';
  readonly says: readonly RegExp[];
  readonly hint?: RegExp;
}

const D = 4;
const good = () => makeRows({ n: 4, layers: 1, heads: 2, d: D });
const change = (at: number, patch: Row): Row[] =>
  good().map((row, i) => (i === at ? { ...row, ...patch } : row));
const without = (name: string) =>
  good().map((row) => Object.fromEntries(Object.entries(row).filter(([column]) => column !== name)));

/** One recording of each kind of fault that the first rows or the schema show. */
export const badRecordings: readonly BadRecording[] = [
  { name: 'column q missing', rows: without('q'), says: [/column q is missing/] },
  { name: 'column layer missing', rows: without('layer'), says: [/column layer is missing/] },
  {
    name: 'column v2 missing beside k2',
    rows: without('v2'),
    says: [/column v2 is missing/],
  },
  {
    name: 'a vector of another length',
    rows: change(1, { k1: [1, 2, 3] }),
    lists: 'list',
    says: [/row 1 .*column k1 has 3 numbers/],
    hint: /d = 4/,
  },
  {
    name: 'a head missing',
    rows: good().filter((_, i) => i !== 3),
    says: [/7 rows, which is no multiple of 1 layers × 2 heads/],
  },
  { name: 'NaN', rows: change(1, { q: [0, NaN, 0, 0] }), says: [/row 1 .*column q holds NaN at index 1/] },
  {
    name: 'Inf',
    rows: change(1, { v2: [0, 0, 0, -Infinity] }),
    says: [/row 1 .*column v2 holds -Infinity at index 3/],
  },
  { name: 'no rows at all', rows: [], says: [/no rows|column stream_id is missing/] },
  { name: 'a Parquet file cut in the middle', rows: good(), keep: 0.6, says: [/truncated/] },
];

/** Write one; returns the file name. */
export function writeBadRecording(folder: string, { rows, keep = 1, lists = 'fixed' }: BadRecording): string {
  const bytes = CONTAINERS.parquet(toTable(rows, { lists }));
  writeFileSync(join(folder, 'rows.parquet'), bytes.subarray(0, Math.floor(keep * bytes.length)));
  return 'rows.parquet';
}
