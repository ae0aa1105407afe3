import type { Importer } from './importer.js';
import { openNpy } from './npy.js';
import { openNpz } from './npz.js';
import { openRaw } from './raw.js';
import { openSafetensors } from './safetensors.js';
import { tensorImport } from './tensor-import.js';

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
];

function startsWith(bytes: Uint8Array, text: string): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, text.length).toString('latin1') === text;
}
