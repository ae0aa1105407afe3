import { open } from 'node:fs/promises';
import { makeData, Float32, FixedSizeList, Field, Int32, RecordBatch, Schema, Struct } from 'apache-arrow';
import { BatchEncoder } from '../../data/sinks/batch-encoder.js';

const BATCH_STEPS = 128;

/** What a generated recording looks like: one layer, matrix order, streams one after the other. */
export interface LargeRecording {
  readonly steps: number;
  readonly heads: number;
  readonly d: number;
  /** After so many steps the next stream starts. */
  readonly stepsPerStream: number;
}

/** Write an Arrow stream of seeded numbers to `path`, a batch at a time; returns its bytes. */
export async function writeLargeRecording(
  path: string,
  { steps, heads, d, stepsPerStream }: LargeRecording,
): Promise<number> {
  const rows = BATCH_STEPS * heads;
  const vector = new FixedSizeList(d, new Field('item', new Float32(), false));
  const [ids, vectors] = [
    ['stream_id', 'pos', 'layer', 'head'],
    ['q', 'k1', 'v1'],
  ];
  const fields = [
    ...ids.map((name) => new Field(name, new Int32(), false)),
    ...vectors.map((name) => new Field(name, vector, false)),
  ];
  const about = Object.entries({ layers: 1, heads, d, order: 'matrix', scale: 1 });
  const schema = new Schema(fields, new Map(about.map(([key, value]) => [`kronflow.${key}`, `${value}`])));
  const numbers = vectors.map(() => new Float32Array(rows * d));
  const encoder = new BatchEncoder();
  const file = await open(path, 'w');
  let [bytes, state] = [0, 1];
  try {
    for (let first = 0; first < steps; first += BATCH_STEPS) {
      const count = Math.min(BATCH_STEPS, steps - first) * heads;
      for (const list of numbers) {
        for (let i = 0; i < count * d; i++) {
          state = (Math.imul(state, 1664525) + 1013904223) | 0;
          list[i] = state / 2 ** 31;
        }
      }
      const step = (row: number) => first + Math.floor(row / heads);
      const of = [
        (row: number) => Math.floor(step(row) / stepsPerStream),
        (row: number) => step(row) % stepsPerStream,
        () => 0,
        (row: number) => row % heads,
      ];
      const children = [
        ...of.map((id) =>
          makeData({ type: new Int32(), data: Int32Array.from({ length: count }, (_, row) => id(row)) }),
        ),
        ...numbers.map((list) => {
          const child = makeData({ type: new Float32(), data: list.subarray(0, count * d) });
          return makeData({ type: vector, length: count, nullCount: 0, child });
        }),
      ];
      const data = makeData({ type: new Struct(fields), length: count, nullCount: 0, children });
      for (const part of encoder.parts(new RecordBatch(schema, data)))
        bytes += (await file.write(part)).bytesWritten;
    }
    bytes += (await file.write(encoder.end())).bytesWritten;
  } finally {
    await file.close();
  }
  return bytes;
}
