import type { Importer } from './importer.js';
import { openNpy } from './npy.js';
import { openNpz } from './npz.js';
import { openRaw } from './raw.js';
import { openSafetensors } from './safetensors.js';
import { requestImporters } from './request-import.js';
import { openJsonRows, openRowFile } from './row-import.js';
import { openJsonTexts, openTexts } from './text-import.js';
import { tensorImport } from './tensor-import.js';

const ROWS =
  'stream_id, pos, token_id, layer, head, q, k1, k2, v1, v2, under other names too (--map); scale and the rest from kronflow.* metadata or flags';
const TENSORS =
  'q, k, v or q, k1, k2, v1, v2 of every layer and head; scale, rope, biases, lift, shared heads';

/** Every format that can be imported, in the order in which files are recognised. */
export const importers: readonly Importer[] = [
  {
    name: 'npz',
    summary: 'NumPy archive of arrays, stored or deflated',
    patterns: ['*.npz'],
    table: 'recording',
    carries: TENSORS,
    recognises: ({ path, bytes }) => /\.npz$/i.test(path) && startsWith(bytes, 'PK'),
    open: tensorImport(openNpz),
  },
  {
    name: 'npy',
    summary: 'NumPy arrays, one a file, named by the file',
    patterns: ['*.npy'],
    table: 'recording',
    carries: TENSORS,
    recognises: ({ bytes }) => startsWith(bytes, '\x93NUMPY'),
    open: tensorImport(openNpy),
  },
  {
    name: 'safetensors',
    summary: 'tensors as Hugging Face stores them',
    patterns: ['*.safetensors'],
    table: 'recording',
    carries: TENSORS,
    recognises: ({ path }) => /\.safetensors$/i.test(path),
    open: tensorImport(openSafetensors),
  },
  {
    name: 'raw',
    summary: 'plain numbers with a JSON sidecar that says shape and type',
    patterns: ['*.f32', '*.raw', '*.bin'],
    table: 'recording',
    carries: TENSORS,
    recognises: ({ path }) => /\.(f32|raw|bin)$/i.test(path),
    open: tensorImport(openRaw),
  },
  {
    name: 'parquet',
    summary: 'rows of vectors as pandas, pyarrow, polars and DuckDB write them',
    patterns: ['*.parquet'],
    table: 'recording',
    carries: ROWS,
    recognises: ({ bytes }) => startsWith(bytes, 'PAR1'),
    open: openRowFile,
  },
  {
    name: 'arrow',
    summary: 'rows of vectors as Arrow IPC, file or stream',
    patterns: ['*.arrow', '*.arrows'],
    table: 'recording',
    carries: ROWS,
    recognises: ({ bytes }) => startsWith(bytes, 'ARROW1') || startsWith(bytes, '\xff\xff\xff\xff'),
    open: openRowFile,
  },
  {
    name: 'jsonl',
    summary: 'rows of vectors as JSON lines; for small recordings',
    patterns: ['*.jsonl'],
    table: 'recording',
    carries: ROWS,
    recognises: ({ text }) =>
      ['q', 'query', 'queries'].some((name) => Array.isArray(firstJson(text)?.[name])),
    open: openJsonRows,
  },
  ...requestImporters,
  {
    name: 'text-jsonl',
    summary: 'texts in a field of JSON lines (--field), a stream a line',
    patterns: ['*.jsonl'],
    table: 'tokens',
    carries: 'token ids of one vocabulary (--encoding), streams taking turns (--together)',
    recognises: ({ text }) => Object.values(firstJson(text) ?? {}).some((value) => typeof value === 'string'),
    open: openJsonTexts,
  },
  {
    name: 'text',
    summary: 'plain texts in UTF-8, a stream a file',
    patterns: ['*.txt', '*.md'],
    table: 'tokens',
    carries: 'token ids of one vocabulary (--encoding), streams taking turns (--together)',
    recognises: ({ path, text }) => /\.(txt|md|text)$/i.test(path) && text !== null,
    open: openTexts,
  },
];

/** The first line as a JSON object; null if it is none. */
function firstJson(text: string | null): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text?.split('\n', 1)[0] ?? '');
    return typeof value === 'object' ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, text.length).toString('latin1') === text;
}
