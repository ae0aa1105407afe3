import type { LayerRows, RecordedStep } from '../../src/core/event.js';
import type { RecordingBatch } from './recording-columns.js';
import { badRecording } from './recording-format.js';

/** How many layers and heads every step has. */
export interface Grid {
  readonly layers: number;
  readonly heads: number;
}

/** Where one row is. */
interface Cell {
  readonly batch: RecordingBatch;
  readonly row: number;
}

/** The rows of one (stream, pos) so far, by layer and head. */
interface OpenStep {
  readonly streamId: number;
  readonly pos: number;
  readonly firstRow: number;
  readonly cells: Map<number, Map<number, Cell>>;
  count: number;
}

/**
 * Group rows into steps. Rows of a step are contiguous and hold every layer and head once, in any order; pos
 * grows in each stream; streams may take turns. `grid` null: the first step tells, so it is given only when the
 * next one starts; any other step is given with its last row.
 *
 * @throws Failure `bad-recording` naming row and column
 */
export async function* groupSteps(
  path: string,
  batches: AsyncIterable<RecordingBatch>,
  grid: Grid | null,
): AsyncGenerator<RecordedStep> {
  const last = new Map<number, { pos: number; step: number }>();
  let open: OpenStep | null = null;
  let given = true;
  const finish = (step: OpenStep): RecordedStep => {
    grid ??= gridOf(step);
    given = true;
    const index = (last.get(step.streamId)?.step ?? -1) + 1;
    last.set(step.streamId, { pos: step.pos, step: index });
    return buildStep(path, step, index, grid);
  };
  for await (const batch of batches) {
    for (let row = 0; row < batch.rows; row++) {
      const [streamId, pos] = [batch.ids.stream_id[row], batch.ids.pos[row]];
      if (open === null || open.streamId !== streamId || open.pos !== pos) {
        if (open !== null && !given) yield finish(open);
        checkPos(path, batch, row, last.get(streamId)?.pos);
        open = { streamId, pos, firstRow: batch.firstRow + row, cells: new Map(), count: 0 };
        given = false;
      }
      addRow(path, open, { batch, row }, grid);
      if (grid !== null && !given && open.count === grid.layers * grid.heads) yield finish(open);
    }
  }
  if (open === null) throw badRecording(path, 'the recording has no rows', 'record at least one step');
  if (!given) yield finish(open);
}

function checkPos(
  path: string,
  { firstRow, ids }: RecordingBatch,
  row: number,
  before: number | undefined,
): void {
  const [streamId, pos] = [ids.stream_id[row], ids.pos[row]];
  if (before === undefined || pos > before) return;
  throw badRecording(
    path,
    `row ${firstRow + row} (from 0), column pos is ${pos} after ${before} in stream ${streamId}`,
    pos === before
      ? 'the rows of a step must follow each other; sort by stream_id, pos, layer, head'
      : 'positions of a stream must grow; sort by stream_id, pos, layer, head',
  );
}

function addRow(path: string, open: OpenStep, cell: Cell, grid: Grid | null): void {
  const [layer, head] = [cell.batch.ids.layer[cell.row], cell.batch.ids.head[cell.row]];
  const where = `row ${cell.batch.firstRow + cell.row} (from 0), pos ${open.pos} of stream ${open.streamId}`;
  for (const [name, value, size] of [
    ['layer', layer, grid?.layers],
    ['head', head, grid?.heads],
  ] as const) {
    if (size === undefined || value < size) continue;
    throw badRecording(
      path,
      `${where}: column ${name} is ${value}, but there are ${size} (0 to ${size - 1})`,
      'every step needs the same layers and heads',
    );
  }
  let heads = open.cells.get(layer);
  if (heads === undefined) open.cells.set(layer, (heads = new Map<number, Cell>()));
  if (heads.has(head)) {
    throw badRecording(
      path,
      `${where}: columns layer, head are ${layer}, ${head} a second time`,
      'every step has each layer and head once',
    );
  }
  heads.set(head, cell);
  open.count++;
}

function gridOf({ cells }: OpenStep): Grid {
  const heads = [...cells.values()].map((row) => Math.max(...row.keys()) + 1);
  return { layers: Math.max(...cells.keys()) + 1, heads: Math.max(...heads) };
}

function buildStep(path: string, open: OpenStep, step: number, { layers, heads }: Grid): RecordedStep {
  const rows = Array.from({ length: Math.min(layers, open.count + 1) }, (_, layer) => {
    const cells = Array.from({ length: Math.min(heads, open.count + 1) }, (__, head) => {
      const cell = open.cells.get(layer)?.get(head);
      if (cell !== undefined) return cell;
      throw badRecording(
        path,
        `row ${open.firstRow} (from 0), pos ${open.pos} of stream ${open.streamId}: columns layer, head: ${layer}, ${head} is missing`,
        `every step needs ${layers} × ${heads} rows, layers and heads count from 0`,
      );
    });
    return layerRows(cells);
  });
  const { batch, row } = open.cells.get(0)!.get(0)!;
  const tokenId = batch.tokenIds === null || Number.isNaN(batch.tokenIds[row]) ? null : batch.tokenIds[row];
  const tNs = batch.times == null || Number.isNaN(batch.times[row]) ? null : batch.times[row];
  return { streamId: open.streamId, step, pos: open.pos, tokenId, prefill: false, tNs, layers: rows };
}

/** The vectors of one layer, (heads × d): views if the rows lie in order, copies otherwise. */
function layerRows(cells: readonly Cell[]): LayerRows {
  const { owners } = cells[0].batch;
  const holders = owners === null ? cells : cells.map((_, head) => cells[owners[head]]);
  const [query, held] = [inOrder(cells), owners === null && inOrder(cells)];
  const take = (column: 'k1' | 'k2' | 'v1' | 'v2') => rowsOf(holders, column, held);
  return {
    q: rowsOf(cells, 'q', query)!,
    k1: take('k1')!,
    k2: take('k2'),
    v1: take('v1')!,
    v2: take('v2'),
  };
}

function inOrder([first, ...rest]: readonly Cell[]): boolean {
  return rest.every(({ batch, row }, i) => batch === first.batch && row === first.row + i + 1);
}

function rowsOf(
  cells: readonly Cell[],
  column: keyof RecordingBatch['vectors'],
  contiguous: boolean,
): Float32Array | null {
  const [{ batch: first, row: start }] = cells;
  const { d, vectors } = first;
  if (vectors[column] === null) return null;
  if (contiguous) return vectors[column].subarray(start * d, (start + cells.length) * d);
  const copy = new Float32Array(cells.length * d);
  cells.forEach(({ batch, row }, i) =>
    copy.set(batch.vectors[column]!.subarray(row * d, (row + 1) * d), i * d),
  );
  return copy;
}
