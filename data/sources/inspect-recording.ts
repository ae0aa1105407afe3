import type { Data } from 'apache-arrow';
import type { RecordedStep } from '../../src/core/event.js';
import type { Order } from '../../src/core/shape.js';
import { findRecording, openRecording } from './recording-file.js';
import { orDamaged, type RecordingFile } from './recording-format.js';
import { provenance, readMetadata } from './recording-metadata.js';
import { recordingSource } from './recording.js';

/** Steps, and heads of all layers, that the estimate of R looks at. */
const [R_STEPS, R_HEADS] = [256, 8];

/** A recording, or a table of requests or tokens, in a few words. */
export interface Inspected {
  readonly path: string;
  readonly table: string;
  readonly format: RecordingFile['format'];
  readonly rows: number;
  readonly columns: readonly string[];
  /** Rows per stream, by stream_id; empty where the table has none. */
  readonly streams: readonly { readonly stream_id: number; readonly rows: number }[];
  /** Null for tables that are no recordings. */
  readonly shape: {
    readonly layers: number;
    readonly heads: number;
    readonly d: number;
    readonly order: Order;
    readonly scale: number | null;
  } | null;
  /** Scale aside, what an honest replay must know: rope, biases, lift, shared heads. */
  readonly told: Readonly<Record<string, unknown>>;
  /** Every key/value pair of the file. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Standard deviation of the scores at the last of the first steps, and how many steps; null with fewer than two. */
  readonly score_std: { readonly value: number; readonly steps: number } | null;
}

/**
 * Say what is in a file without replaying it: ids are read to the end, vectors of the first 256 steps only.
 * @throws Failure as the recording source
 */
export async function inspectRecording(path: string): Promise<Inspected> {
  const file = await findRecording(path);
  const opened = await openRecording(file);
  try {
    const columns = opened.schema.fields.map(({ name }) => name);
    const table = opened.metadata.get('kronflow.table') ?? (columns.includes('q') ? 'recording' : 'unknown');
    const { rows, streams } = await countRows(file, opened);
    const common = { path: file, table, format: opened.format, rows, columns, streams };
    const metadata = Object.fromEntries(opened.metadata);
    if (table !== 'recording') return { ...common, shape: null, told: {}, metadata, score_std: null };
    const told = provenance(readMetadata(file, opened.metadata));
    const source = recordingSource({ path: file })({ seed: 0, stdin: nothing() });
    if (source.kind !== 'entries') throw new RangeError('a recording brings entries');
    const shape = await source.shape();
    return {
      ...common,
      shape,
      told,
      metadata,
      score_std: await estimateR(source.open() as AsyncIterable<RecordedStep>, shape),
    };
  } finally {
    await opened.close();
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

async function countRows(path: string, { batches }: RecordingFile) {
  const counts = new Map<number, number>();
  let rows = 0;
  for await (const batch of batches(['stream_id', 'prompt_tokens'])) {
    rows += batch.numRows;
    const column = orDamaged(path, () => batch.getChild('stream_id')?.data[0] as Data | undefined);
    if (column === undefined) continue;
    for (let i = 0; i < batch.numRows; i++) {
      const id = Number((column.values as ArrayLike<number | bigint>)[i]);
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
  }
  const streams = [...counts].sort(([a], [b]) => a - b).map(([stream_id, n]) => ({ stream_id, rows: n }));
  return { rows, streams };
}

/** R from the last query on all keys before it, of the first stream: the root mean square over some heads. */
async function estimateR(
  steps: AsyncIterable<RecordedStep>,
  { layers, heads, d, scale }: NonNullable<Inspected['shape']>,
): Promise<Inspected['score_std']> {
  const kept: RecordedStep[] = [];
  for await (const step of steps) {
    if (kept.length > 0 && step.streamId !== kept[0].streamId) continue;
    if (kept.push(step) === R_STEPS) break;
  }
  if (kept.length < 2) return null;
  const every = Math.max(1, Math.floor((layers * heads) / R_HEADS));
  let [sum, count] = [0, 0];
  for (let cell = 0; cell < layers * heads && count < R_HEADS; cell += every, count++)
    sum += variance(scoresOf(kept, Math.floor(cell / heads), (cell % heads) * d, d, scale ?? 1));
  return { value: Math.sqrt(sum / count), steps: kept.length };
}

/** s_a = scale·⟨q, k_a⟩, or s_ab = scale·⟨q ∗ k1_a, k2_b⟩, of the last query. */
function scoresOf(
  steps: readonly RecordedStep[],
  layer: number,
  at: number,
  d: number,
  scale: number,
): Float64Array {
  const rows = steps.map(({ layers }) => layers[layer]);
  const { q } = rows[rows.length - 1];
  const products = rows.map(({ k1 }) =>
    Float64Array.from({ length: d }, (_, j) => scale * q[at + j] * k1[at + j]),
  );
  if (rows[0].k2 === null)
    return Float64Array.from(products, (product) => product.reduce((a, b) => a + b, 0));
  const scores = new Float64Array(rows.length ** 2);
  products.forEach((product, a) =>
    rows.forEach(({ k2 }, b) => {
      let score = 0;
      for (let j = 0; j < d; j++) score += product[j] * k2![at + j];
      scores[a * rows.length + b] = score;
    }),
  );
  return scores;
}

function variance(values: Float64Array): number {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length;
}
