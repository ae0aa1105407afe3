import type { RecordedStep } from '../../src/core/event.js';
import type { RecordingBatch } from '../sources/recording-columns.js';
import { badRecording } from '../sources/recording-format.js';
import { openRecording } from '../sources/recording-file.js';
import { readMetadata } from '../sources/recording-metadata.js';
import { groupSteps } from '../sources/recording-steps.js';
import { ownersOf, parseKvHeads, KV_HEADS_RULE } from '../sources/shared-heads.js';
import { arrowBatches } from './arrow-rows.js';
import type { ImportOptions, LossReport, OpenImport } from './importer.js';
import { jsonBatches, jsonNames } from './json-rows.js';
import { lifted, liftedLength, parseLift } from './lift.js';
import { pieceBatch } from './recording-batch.js';
import { caveats, told } from './provenance-text.js';
import { provenanceOf, recordingSchema, type RecordingHeader } from './recording-header.js';
import type { RecordingPiece } from './recording-piece.js';
import { columnMap } from './row-columns.js';
import { badInput } from './tensor.js';
import { zeroWatch } from './zero-watch.js';

/** Numbers that leave as one batch. */
const BATCH_NUMBERS = 1 << 20;

/** Rows of a table, and what the file says beside them. */
interface RowFile {
  readonly path: string;
  readonly names: readonly string[];
  readonly metadata: ReadonlyMap<string, string>;
  batches(kvHeads: readonly number[] | null): AsyncIterable<RecordingBatch>;
  close(): Promise<void>;
}

/** Rows of Parquet or Arrow: one per stream, position, layer and head. */
export async function openRowFile(
  [path, ...more]: readonly string[],
  options: ImportOptions,
): Promise<OpenImport> {
  refuseMore(path, more);
  const file = await openRecording(path);
  const names = file.schema.fields.map(({ name }) => name);
  const batches = (kvHeads: readonly number[] | null) => arrowBatches(path, file, options.map, kvHeads);
  return understand({ path, names, metadata: file.metadata, batches, close: () => file.close() }, options);
}

/** Rows of JSON lines. */
export async function openJsonRows(
  [path, ...more]: readonly string[],
  options: ImportOptions,
): Promise<OpenImport> {
  refuseMore(path, more);
  const names = await jsonNames(path);
  const batches = () => jsonBatches(path, options.map);
  const close = () => Promise.resolve();
  return understand({ path, names, metadata: new Map(), batches, close }, options);
}

function refuseMore(path: string, more: readonly string[]): void {
  if (more.length > 0)
    throw badInput(more[0], `one file of rows at a time, and ${path} is one`, 'import them one by one');
}

async function understand(file: RowFile, options: ImportOptions): Promise<OpenImport> {
  const { path, metadata } = file;
  try {
    const kvHeads = headMap(path, options.kvHeads ?? metadata.get('kronflow.kv_heads') ?? null);
    const known = readMetadata(
      path,
      new Map([...metadata].filter(([key]) => /\.(layers|heads|d)$/.test(key))),
    );
    const grid =
      known.layers === null || known.heads === null ? null : { layers: known.layers, heads: known.heads };
    let d = 0;
    async function* measured() {
      for await (const batch of file.batches(kvHeads)) {
        d = batch.d;
        yield batch;
      }
    }
    const steps = groupSteps(path, measured(), grid);
    const first = await steps.next();
    if (first.done === true) throw badRecording(path, 'it has no rows', 'record at least one step');
    const header = headerOf(file, first.value, options, kvHeads, d);
    const lift = parseLift(options.lift);
    const schema = recordingSchema(header);
    const watch = zeroWatch();
    return {
      schema,
      async *batches() {
        for await (const piece of pieces(first.value, steps, header, d)) {
          watch.look(piece);
          yield pieceBatch(schema, header, lift === null ? piece : lifted(piece, lift, d));
        }
      },
      report: () => reportOf(file, header, options, watch.warnings()),
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

function headMap(path: string, text: string | null): readonly number[] | null {
  const map = text === null ? null : parseKvHeads(text);
  if (text !== null && map === null) throw badInput(path, `--kv-heads ${text} is no map`, KV_HEADS_RULE);
  return map;
}

function headerOf(
  { path, metadata }: RowFile,
  { layers }: RecordedStep,
  options: ImportOptions,
  kvHeads: readonly number[] | null,
  d: number,
): RecordingHeader {
  const [{ q, k2 }] = layers;
  const lift = parseLift(options.lift);
  const said = provenanceOf(path, metadata, options, d);
  if (lift !== null && k2 !== null)
    throw badInput(path, `--lift ${lift}, but it has a side 2 of its own`, 'leave out --lift');
  const order = k2 === null && lift === null ? 'matrix' : 'tensor';
  if (order === 'matrix' && (said.k2Bias !== null || said.v2Bias !== null))
    throw badInput(
      path,
      'a bias of side 2 is given, but there is no side 2',
      'leave out --k2-bias and --v2-bias',
    );
  return {
    ...said,
    ...{ layers: layers.length, heads: q.length / d, d: liftedLength(lift, d), order },
    ...{ lift: lift ?? said.lift, kvHeads, tokenIds: true },
  };
}

/** Steps put together to pieces of a bounded size; where heads share keys, only their owners' rows are kept. */
async function* pieces(
  first: RecordedStep,
  rest: AsyncGenerator<RecordedStep>,
  { layers, heads, kvHeads }: RecordingHeader,
  d: number,
): AsyncGenerator<RecordingPiece> {
  const owners = kvHeads === null ? null : [...new Set(ownersOf(kvHeads))];
  const most = Math.max(1, Math.floor(BATCH_NUMBERS / (5 * layers * heads * d)));
  let held: RecordedStep[] = [first];
  for (;;) {
    const next = await rest.next();
    if (next.done !== true && held.length < most) {
      held.push(next.value);
      continue;
    }
    yield together(held, owners, heads, d);
    if (next.done === true) return;
    held = [next.value];
  }
}

function together(
  steps: readonly RecordedStep[],
  owners: readonly number[] | null,
  heads: number,
  d: number,
): RecordingPiece {
  const layers = steps[0].layers.length;
  const vectors: RecordingPiece['vectors'] = Object.fromEntries(
    (['q', 'k1', 'k2', 'v1', 'v2'] as const).flatMap((part) => {
      if (steps[0].layers[0][part] === null) return [];
      const kept = part === 'q' ? null : owners;
      const width = (kept?.length ?? heads) * d;
      const out = new Float32Array(steps.length * layers * width);
      steps.forEach((step, i) =>
        step.layers.forEach((rows, layer) => {
          const at = (i * layers + layer) * width;
          const values = rows[part] as Float32Array;
          if (kept === null) out.set(values, at);
          else kept.forEach((head, h) => out.set(values.subarray(head * d, (head + 1) * d), at + h * d));
        }),
      );
      return [[part, out]];
    }),
  );
  const hasTokens = steps.some(({ tokenId }) => tokenId !== null);
  return {
    ...{ positions: steps.length, layers, heads, vectors },
    streams: Int32Array.from(steps, ({ streamId }) => streamId),
    pos: Int32Array.from(steps, ({ pos }) => pos),
    tokenIds: hasTokens ? Int32Array.from(steps, ({ tokenId }) => tokenId ?? -1) : null,
  };
}

function reportOf(
  { names }: RowFile,
  header: RecordingHeader,
  { map }: ImportOptions,
  warnings: readonly string[],
): LossReport {
  const used = columnMap(names, map);
  const taken = [...used.values()];
  return {
    carried: [
      [...used].map(([ours, theirs]) => (ours === theirs ? ours : `${ours} (from ${theirs})`)).join(', '),
      ...told(header),
    ],
    lost: names.filter((name) => !taken.includes(name)).map((name) => `column ${name}`),
    warnings: [...caveats(header), ...warnings],
  };
}
