import { RecordBatch, type Schema } from 'apache-arrow';
import { open, type FileHandle } from 'node:fs/promises';
import { rename, rm } from 'node:fs/promises';
import type { RecordedStep } from '../../src/core/event.js';
import { Failure } from '../../src/core/failure.js';
import { writing } from '../sinks/io-failure.js';
import { writeWhole, type OutFile } from '../sinks/out-file.js';
import { inspectRecording, type Inspected } from '../sources/inspect-recording.js';
import { openRecording } from '../sources/recording-file.js';
import { recordingSource } from '../sources/recording.js';
import { refuseExisting } from './import-files.js';
import { formatOf, writeTable } from './out-table.js';
import { badInput } from './tensor.js';

/** What an export did. */
export interface Exported {
  readonly input: string;
  readonly output: string;
  readonly rows: number;
  readonly bytes: number;
  /** What the format cannot hold. */
  readonly lost: readonly string[];
}

/**
 * Write a recording, or a table of requests or tokens, for other programs: `.safetensors` has a tensor
 * `streams.S.layers.L.PART` of shape (positions, heads, d) per stream, layer and part; `.jsonl` a row a line; `.arrow` and
 * `.parquet` the same table.
 *
 * @throws Failure `exists`, `bad-option` for another ending, and as the recording source
 */
export async function exportFile(input: string, output: string): Promise<Exported> {
  await refuseExisting(output);
  if (/\.safetensors$/i.test(output)) return exportTensors(input, output);
  const json = /\.jsonl$/i.test(output);
  const format = json ? null : formatOf(output);
  const file = await openRecording(input);
  try {
    const columns = file.schema.fields.map(({ name }) => name);
    let rows = 0;
    const schema = withMetadata(file.schema, file.metadata);
    async function* batches() {
      for await (const batch of file.batches(columns)) yield new RecordBatch(schema, batch.data); // theirs lack the metadata of Parquet
    }
    const work = async (out: OutFile) => {
      rows =
        format === null ? await writeLines(out, batches()) : await writeTable(out, format, schema, batches());
    };
    const { bytes } = await writeWhole(output, work, false);
    return { input, output, rows, bytes, lost: json ? ['metadata: JSON lines have none'] : [] };
  } finally {
    await file.close();
  }
}

function withMetadata(schema: Schema, metadata: ReadonlyMap<string, string>): Schema {
  for (const [key, value] of metadata) if (key !== 'ARROW:schema') schema.metadata.set(key, value);
  schema.metadata.delete('ARROW:schema');
  return schema;
}

async function writeLines(out: OutFile, batches: AsyncIterable<RecordBatch>): Promise<number> {
  let rows = 0;
  for await (const batch of batches) {
    const lines: string[] = [];
    for (const row of batch) lines.push(JSON.stringify(row, plain));
    await out.write(Buffer.from(`${lines.join('\n')}\n`));
    rows += batch.numRows;
  }
  return rows;
}

/** Vectors and 64-bit integers as JSON knows them. */
function plain(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  const list = value as { toArray?: () => ArrayLike<number> } | null;
  if (list !== null && typeof list === 'object' && 'toArray' in list && !Array.isArray(value))
    return [...(list.toArray?.call(value) as unknown as Iterable<number>)];
  return value;
}

type Shape = NonNullable<Inspected['shape']>;

async function exportTensors(input: string, output: string): Promise<Exported> {
  const found = await inspectRecording(input);
  if (found.shape === null)
    throw badInput(
      input,
      `it is a table of ${found.table}: only a recording has tensors`,
      'export it as .jsonl or .parquet',
    );
  const layout = layoutOf(found, found.shape);
  const temporary = `${output}.tmp`;
  const file = await writing(output, () => open(temporary, 'w'));
  try {
    await writing(output, () => file.write(layout.header, 0, layout.header.length, 0));
    await writeSteps(file, input, layout, found.shape, output);
    await writing(output, () => file.sync());
    await file.close();
    await writing(output, () => rename(temporary, output));
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(temporary, { force: true });
    throw error;
  }
  const bytes = layout.header.length + layout.bytes;
  const shared =
    found.told.kv_heads === undefined ? [] : ['shared heads: every query head has a copy of its keys'];
  return {
    input,
    output,
    rows: found.rows,
    bytes,
    lost: ['token ids and positions: tensors have none', ...shared],
  };
}

/** Where each tensor starts, by `streams.S.layers.L.PART`. */
function layoutOf({ streams, told }: Inspected, { layers, heads, d, order, scale }: Shape) {
  const parts = order === 'tensor' ? ['q', 'k1', 'k2', 'v1', 'v2'] : ['q', 'k1', 'v1'];
  const { kv_heads, k2_bias, v2_bias, ...kept } = told;
  void [kv_heads, k2_bias, v2_bias]; // heads are spread and biases added by now
  const said = Object.entries({ scale, ...kept }).filter(([, value]) => value !== null);
  const header: Record<string, unknown> = {
    __metadata__: Object.fromEntries([
      ...said.map(([key, value]) => [key, String(value)]),
      ['axes', 'pos,head,d'],
    ]),
  };
  const starts = new Map<string, number>();
  let bytes = 0;
  for (const { stream_id, rows } of streams)
    for (let layer = 0; layer < layers; layer++)
      for (const part of parts) {
        const name = `streams.${stream_id}.layers.${layer}.${part}`;
        const shape = [rows / (layers * heads), heads, d];
        const size = 4 * shape[0] * heads * d;
        header[name] = { dtype: 'F32', shape, data_offsets: [bytes, bytes + size] };
        starts.set(name, bytes);
        bytes += size;
      }
  const json = JSON.stringify(header);
  const text = Buffer.from(json.padEnd(Math.ceil(json.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return { header: Buffer.concat([length, text]), starts, bytes, parts };
}

async function writeSteps(
  file: FileHandle,
  input: string,
  { header, starts, parts }: ReturnType<typeof layoutOf>,
  { heads, d }: Shape,
  output: string,
): Promise<void> {
  async function* nothing(): AsyncGenerator<Uint8Array> {}
  const source = recordingSource({ path: input })({ seed: 0, stdin: nothing() });
  for await (const step of source.open() as AsyncIterable<RecordedStep>)
    for (const [layer, rows] of step.layers.entries())
      for (const part of parts) {
        const values = rows[part as 'q'] as Float32Array;
        const start = starts.get(`streams.${step.streamId}.layers.${layer}.${part}`);
        if (start === undefined)
          throw new Failure('bad-recording', `${input} changed while it was read`, 'try again');
        const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
        await writing(output, () =>
          file.write(bytes, 0, bytes.length, header.length + start + 4 * step.step * heads * d),
        );
      }
}
