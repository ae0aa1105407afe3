import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../../src/core/failure.js';
import { collect } from '../../sources/testing/bytes.js';
import { openSource, makeRows, CONTAINERS, toTable } from '../../sources/testing/recordings.js';
import { importFiles } from '../import-files.js';
import { NOTHING_SAID, type ImportOptions } from '../importer.js';
import { importers } from '../index.js';
import { model, npy, npz, safetensors } from './arrays.js';
import { mutate } from './mutate.js';

/** A sound file of a format, to be damaged. */
export interface Sample {
  readonly importer: string;
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Beside it, and damaged in its place half of the time. */
  readonly sidecar?: string;
  readonly options?: Partial<ImportOptions>;
  /** Sound files that are imported along with it. */
  readonly others?: Readonly<Record<string, Uint8Array>>;
  /** The format has checksums: what is imported must be what was meant. */
  readonly exact?: true;
}

const small = { layers: 1, heads: 2, n: 3, d: 2 };
const rows = makeRows({ n: 3, layers: 1, heads: 2, d: 2 });
const SCALE = { scale: '1' };
const csv = (header: string, row: string) => Buffer.from(`${header}\n${`${row}\n`.repeat(5)}`);
const lines = (row: object) => Buffer.from(`${JSON.stringify(row)}\n`.repeat(5));

/** One or more of every importer. */
export const samples: readonly Sample[] = [
  { importer: 'npz', name: 'm.npz', bytes: npz(model(small)), options: SCALE, exact: true },
  {
    importer: 'npz',
    name: 'd.npz',
    bytes: npz(model(small), { deflate: true, fortran: true, type: 'f64' }),
    options: SCALE,
    exact: true,
  },
  {
    importer: 'npy',
    name: 'layers.0.q.npy',
    bytes: npy(model(small)['layers.0.q']),
    options: SCALE,
    others: {
      'layers.0.k.npy': npy(model(small)['layers.0.k1']),
      'layers.0.v.npy': npy(model(small)['layers.0.v1']),
    },
  },
  {
    importer: 'safetensors',
    name: 'm.safetensors',
    bytes: safetensors(model(small), 'bf16', { rope: 'post' }),
    options: SCALE,
  },
  {
    importer: 'raw',
    name: 'm.f32',
    bytes: Buffer.concat(
      ['q', 'k1', 'v1'].map((part) => npy(model(small)[`layers.0.${part}`]).subarray(-48)),
    ),
    sidecar: JSON.stringify({
      tensors: Object.fromEntries(
        ['q', 'k', 'v'].map((part, i) => [part, { shape: [2, 3, 2], offset: 48 * i }]),
      ),
    }),
    options: SCALE,
  },
  { importer: 'parquet', name: 'r.parquet', bytes: CONTAINERS.parquet(toTable(rows)), options: SCALE },
  {
    importer: 'arrow',
    name: 'r.arrow',
    bytes: CONTAINERS['arrow-file'](toTable(rows, { lists: 'list' })),
    options: SCALE,
  },
  { importer: 'arrow', name: 'r.arrows', bytes: CONTAINERS['arrow-stream'](toTable(rows)), options: SCALE },
  {
    importer: 'jsonl',
    name: 'r.jsonl',
    bytes: Buffer.from(rows.map((row) => JSON.stringify(row)).join('\n')),
    options: SCALE,
  },
  { importer: 'text', name: 't.txt', bytes: Buffer.from('Naïve café; 東京 🧵. '.repeat(5)) },
  {
    importer: 'text-jsonl',
    name: 't.jsonl',
    bytes: lines({ id: 1, text: 'two words' }),
    options: { field: 'text' },
  },
  {
    importer: 'mooncake',
    name: 'l.jsonl',
    bytes: lines({ timestamp: 5, input_length: 6, output_length: 7, hash_ids: [1, 2] }),
  },
  {
    importer: 'azure',
    name: 'l.csv',
    bytes: csv('TIMESTAMP,ContextTokens,GeneratedTokens', '2023-11-16 18:17:03.9799600,4808,10'),
  },
  {
    importer: 'vidur',
    name: 'l.csv',
    bytes: csv('arrived_at,num_prefill_tokens,num_decode_tokens', '0.052,3180,8'),
  },
  {
    importer: 'splitwise',
    name: 'l.csv',
    bytes: csv('request_id,arrival_timestamp,prompt_size,token_size', '1,0.5,3,4'),
  },
  {
    importer: 'burstgpt',
    name: 'l.csv',
    bytes: csv(
      'Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type',
      '5,"GPT-4, x",472,18,490,a',
    ),
  },
  {
    importer: 'llmservingsim',
    name: 'l.jsonl',
    bytes: lines({
      request_id: 'b',
      input_toks: 5,
      output_toks: 6,
      arrival_time: 178.25,
      queued_ts: 1,
      first_token_ts: 2,
    }),
  },
  {
    importer: 'requests',
    name: 'l.jsonl',
    bytes: lines({ arrival_ns: 12, prompt_tokens: 3, block_ids: [4] }),
  },
];

/** What many damaged files came to. */
export interface Fuzzed {
  refused: number;
  imported: number;
  slowest_ms: number;
}

/**
 * Import `count` damaged copies of a sample. Every one must end in a Failure, leaving nothing behind, or in a table
 * that reads back with as many rows as were promised; anything else is thrown, with the seed that makes it again.
 */
export async function fuzz(folder: string, sample: Sample, from: number, count: number): Promise<Fuzzed> {
  const done: Fuzzed = { refused: 0, imported: 0, slowest_ms: 0 };
  const [input, output] = [join(folder, sample.name), join(folder, 'out.arrow')];
  for (const [name, bytes] of Object.entries(sample.others ?? {})) await writeFile(join(folder, name), bytes);
  await writeFile(input, sample.bytes);
  if (sample.sidecar !== undefined) await writeFile(input.replace(/\.[^.]*$/, '.json'), sample.sidecar);
  const sound = await importOnce(sample, input, output); // it must be sound to begin with
  await rm(output);
  const sidecar = input.replace(/\.[^.]*$/, '.json');
  for (let seed = from; seed < from + count; seed++) {
    const damageSidecar = sample.sidecar !== undefined && seed % 2 === 0;
    await writeFile(input, damageSidecar ? sample.bytes : mutate(sample.bytes, seed));
    if (sample.sidecar !== undefined)
      await writeFile(sidecar, damageSidecar ? mutate(Buffer.from(sample.sidecar), seed) : sample.sidecar);
    const start = performance.now();
    try {
      const found = await importOnce(sample, input, output);
      if (sample.exact === true && found !== sound)
        throw new Error('other numbers were imported, and the crc said nothing');
      done.imported++;
    } catch (error) {
      if (!(error instanceof Failure))
        throw new Error(`${sample.importer}, ${sample.name}, seed ${seed}`, { cause: error });
      done.refused++;
    }
    done.slowest_ms = Math.max(done.slowest_ms, performance.now() - start);
    await rm(output, { force: true });
    await readFile(`${output}.tmp`).then(
      () => Promise.reject(new Error(`${sample.importer}, seed ${seed}: a temporary file is left`)),
      () => undefined,
    );
  }
  return done;
}

/** The vectors of what was imported, as text; empty for tables without. */
async function importOnce(
  { importer, options, others = {} }: Sample,
  input: string,
  output: string,
): Promise<string> {
  const paths = [input, ...Object.keys(others).map((name) => join(input, '..', name))];
  const said = { ...NOTHING_SAID, ...options };
  const { rows: count, table } = await importFiles(importers, paths, output, said, importer);
  if (table !== 'recording') return '';
  const steps = await collect(openSource(output).open());
  const read = steps.reduce((sum, { layers }) => sum + layers.length, 0);
  const numbers = steps.reduce((sum, { layers }) => sum + layers[0].q.length, 0);
  if (read === 0 || numbers === 0 || count % read !== 0)
    throw new Error(`${count} rows were written, ${read} layers read`);
  return JSON.stringify(steps.map(({ layers }) => layers.map(({ q, k1, v1 }) => [[...q], [...k1], [...v1]])));
}
