import * as arrow from 'apache-arrow';
import { ownersOf } from '../sources/shared-heads.js';
import type { RecordingHeader } from './recording-header.js';
import type { RecordingPiece } from './recording-piece.js';

/** A piece as an Arrow batch of the schema of its recording. Vectors are not copied. */
export function pieceBatch(
  schema: arrow.Schema,
  header: RecordingHeader,
  piece: RecordingPiece,
): arrow.RecordBatch {
  const { positions, layers, heads } = piece;
  const rows = positions * layers * heads;
  const children = schema.fields.map(({ name, type }) => {
    if (arrow.DataType.isInt(type)) {
      if (name === 'token_id') return tokenData(type, piece, rows);
      return arrow.makeData({ type, length: rows, nullCount: 0, data: idsOf(name, piece, rows) });
    }
    const values = piece.vectors[name as 'q']!;
    const child = arrow.makeData({
      type: new arrow.Float32(),
      length: values.length,
      nullCount: 0,
      data: values,
    });
    if (arrow.DataType.isFixedSizeList(type))
      return arrow.makeData({ type, length: rows, nullCount: 0, child });
    return sharedList(type as arrow.List<arrow.Float32>, child, header, rows);
  });
  const type = new arrow.Struct(schema.fields);
  return new arrow.RecordBatch(schema, arrow.makeData({ type, length: rows, nullCount: 0, children }));
}

function tokenData(type: arrow.Int, { tokenIds, layers, heads }: RecordingPiece, rows: number): arrow.Data {
  const data = new Int32Array(rows);
  const nullBitmap = new Uint8Array((rows + 7) >> 3);
  let nullCount = 0;
  for (let row = 0; row < rows; row++) {
    const id = tokenIds?.[Math.floor(row / (layers * heads))] ?? -1;
    if (id < 0) {
      nullCount++;
      continue;
    }
    data[row] = id;
    nullBitmap[row >> 3] |= 1 << (row & 7);
  }
  return arrow.makeData({ type, length: rows, nullCount, nullBitmap, data });
}

function idsOf(name: string, { streams, pos, layers, heads }: RecordingPiece, rows: number): Int32Array {
  const ids = new Int32Array(rows);
  const perPosition = layers * heads;
  for (let row = 0; row < rows; row++) {
    const position = Math.floor(row / perPosition);
    if (name === 'stream_id') ids[row] = streams[position];
    else if (name === 'pos') ids[row] = pos[position];
    else ids[row] = name === 'layer' ? Math.floor(row / heads) % layers : row % heads;
  }
  return ids;
}

/** Vectors of the heads that own them, nulls for the rest. */
function sharedList(
  type: arrow.List<arrow.Float32>,
  child: arrow.Data<arrow.Float32>,
  { kvHeads, d }: RecordingHeader,
  rows: number,
): arrow.Data {
  const owners = ownersOf(kvHeads!);
  const nullBitmap = new Uint8Array((rows + 7) >> 3);
  const valueOffsets = new Int32Array(rows + 1);
  let nullCount = 0;
  for (let row = 0; row < rows; row++) {
    const head = row % owners.length;
    const held = owners[head] === head;
    if (held) nullBitmap[row >> 3] |= 1 << (row & 7);
    else nullCount++;
    valueOffsets[row + 1] = valueOffsets[row] + (held ? d : 0);
  }
  return arrow.makeData({ type, length: rows, nullCount, nullBitmap, valueOffsets, child });
}
