import { Failure } from '../../src/core/failure.js';
import type { RecordingBatch } from './recording-columns.js';
import { badRecording } from './recording-format.js';
import type { RowGroup } from './row-groups.js';

/** Which rows of a recording are replayed, as options say it; what is absent selects everything. */
export interface SelectionOptions {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly streams?: string | undefined;
  readonly layers?: string | undefined;
  readonly heads?: string | undefined;
}

/** Numbers from one to another, both included. */
type Interval = readonly [first: number, last: number];

/** Which rows of a recording are replayed. */
export interface Selection {
  /** Positions from `from`, up to and without `to`. */
  readonly from: number;
  readonly to: number;
  /** Null: all. */
  readonly streams: readonly Interval[] | null;
  /** Ascending; the i-th of them is layer (head) i of the run. Null: all. */
  readonly layers: readonly number[] | null;
  readonly heads: readonly number[] | null;
}

const MOST_LISTED = 1024; // layers, or heads

/**
 * Read the options; null when they select everything.
 * @throws Failure `bad-option` for a list that is none
 */
export function selectionOf({ from = 0, to = Infinity, ...lists }: SelectionOptions): Selection | null {
  const { streams, layers, heads } = lists;
  if (from === 0 && to === Infinity && Object.values(lists).every((list) => list === undefined)) return null;
  if (to <= from)
    throw new Failure(
      'bad-option',
      `from = ${from}, to = ${to}: no position lies between`,
      'to must be larger',
    );
  return {
    ...{ from, to },
    streams: streams === undefined ? null : intervals('streams', streams),
    layers: layers === undefined ? null : listed('layers', layers),
    heads: heads === undefined ? null : listed('heads', heads),
  };
}

function intervals(name: string, text: string): readonly Interval[] {
  return String(text)
    .split(',')
    .map((part) => {
      const [, first, last = first] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(part.trim()) ?? [];
      if (first !== undefined && Number(first) <= Number(last)) return [Number(first), Number(last)];
      throw new Failure(
        'bad-option',
        `${name} = ${JSON.stringify(text)}: must be numbers and ranges`,
        'write 0,2,5-7',
      );
    });
}

function listed(name: string, text: string): readonly number[] {
  const all = new Set<number>();
  for (const [first, last] of intervals(name, text)) {
    if (last - first >= MOST_LISTED)
      throw new Failure('bad-option', `${name} = ${text}: more than ${MOST_LISTED}`, 'name fewer');
    for (let n = first; n <= last; n++) all.add(n);
  }
  return [...all].sort((a, b) => a - b);
}

/** Whether a row group may hold a selected row, from its statistics. */
export function mayHold({ from, to, streams, layers, heads }: Selection, { ranges }: RowGroup): boolean {
  const meets = (name: string, list: readonly Interval[] | null) => {
    const range = ranges.get(name);
    if (range === undefined || list === null) return true;
    return list.some(([first, last]) => first <= range[1] && last >= range[0]);
  };
  const singles = (list: readonly number[] | null) => list?.map((n): Interval => [n, n]) ?? null;
  return (
    meets('pos', [[from, to - 1]]) &&
    meets('stream_id', streams) &&
    meets('layer', singles(layers)) &&
    meets('head', singles(heads))
  );
}

/** Tells of each row of some id columns whether it is selected. */
export function rowFilter({ from, to, streams, layers, heads }: Selection) {
  const [ofLayer, ofHead] = [layers && new Set(layers), heads && new Set(heads)];
  return (ids: Pick<RecordingBatch['ids'], 'stream_id' | 'pos' | 'layer' | 'head'>, row: number): boolean => {
    const [stream, pos] = [ids.stream_id[row], ids.pos[row]];
    return (
      pos >= from &&
      pos < to &&
      (streams === null || streams.some(([first, last]) => stream >= first && stream <= last)) &&
      (ofLayer === null || ofLayer.has(ids.layer[row])) &&
      (ofHead === null || ofHead.has(ids.head[row]))
    );
  };
}

/**
 * The selected rows, layers and heads numbered from 0: runs of rows that follow each other, as views.
 * @throws Failure `bad-recording` when nothing is selected; `bad-option` for a head without the keys it shares
 */
export async function* selectRows(
  path: string,
  batches: AsyncIterable<RecordingBatch>,
  selection: Selection,
): AsyncGenerator<RecordingBatch> {
  const isSelected = rowFilter(selection);
  let any = false;
  for await (const batch of batches) {
    for (let row = 0; row < batch.rows;) {
      const start = row;
      while (row < batch.rows && isSelected(batch.ids, row)) row++;
      if (row === start) row++;
      else {
        any = true;
        yield renumbered(part(batch, start, row), selection);
      }
    }
  }
  if (!any) throw badRecording(path, 'no row is selected', 'see its positions, streams, layers and heads');
}

function part(batch: RecordingBatch, from: number, to: number): RecordingBatch {
  if (from === 0 && to === batch.rows) return batch;
  const { d, ids, tokenIds, times = null, vectors } = batch;
  const each = <K extends string, T extends Float64Array | Float32Array | null>(
    of: Readonly<Record<K, T>>,
    width: number,
  ) =>
    Object.fromEntries(
      Object.entries<T>(of).map(([name, values]) => [
        name,
        values?.subarray(from * width, to * width) ?? null,
      ]),
    ) as Record<K, T>;
  return {
    ...batch,
    ...{ rows: to - from, firstRow: batch.firstRow + from },
    ...each({ tokenIds, times }, 1),
    ids: each(ids, 1),
    vectors: each(vectors, d) as RecordingBatch['vectors'],
  };
}

function renumbered(batch: RecordingBatch, { layers, heads }: Selection): RecordingBatch {
  if (layers === null && heads === null) return batch;
  const { ids, owners } = batch;
  const layer = layers === null ? ids.layer : ids.layer.map((n) => layers.indexOf(n));
  const head = heads === null ? ids.head : ids.head.map((n) => heads.indexOf(n));
  return {
    ...batch,
    ids: { ...ids, layer, head },
    owners: heads === null || owners === null ? owners : ownersAmong(owners, heads),
  };
}

function ownersAmong(owners: readonly number[], heads: readonly number[]): readonly number[] {
  return heads.map((head) => {
    const owner = heads.indexOf(owners[head]);
    if (owner >= 0) return owner;
    throw new Failure(
      'bad-option',
      `heads: head ${head} shares the keys and values of head ${owners[head]}, which is not selected`,
      `select head ${owners[head]} as well`,
    );
  });
}
