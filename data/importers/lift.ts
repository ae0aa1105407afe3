import { Failure } from '../../src/core/failure.js';
import { didYouMean } from '../../src/core/nearest.js';
import { LIFTS } from '../sources/recording-metadata.js';
import type { RecordingPiece } from './recording-piece.js';

/** How side 2 is made of ordinary attention. */
export type Lift = (typeof LIFTS)[number];

/** Read `--lift`; null for `none`, which leaves matrix order. @throws Failure `bad-option` */
export function parseLift(text: string | null): Lift | null {
  if (text === null || text === 'none') return null;
  const found = LIFTS.find((name) => name === text);
  if (found !== undefined) return found;
  throw new Failure('bad-option', `--lift ${text} does not exist`, didYouMean(text, [...LIFTS, 'none']));
}

/** Numbers per head after a lift. */
export function liftedLength(lift: Lift | null, d: number): number {
  return lift === 'rank-1' ? 2 * d : d;
}

/**
 * Give pieces in matrix order a side 2. `self`: k2 = k1, v2 = v1. `head-pair`, `layer-pair`: those of the next head
 * or layer, the last one's from the first. `rank-1`: with 1 a vector of ones, q′ = (q, q), k1′ = (k, 1),
 * k2′ = (1, k), v1′ = (v, 1), v2′ = (1, v); scores are then the sums s_a + s_b, attention separates, and the output is the
 * ordinary one twice, (o, o): a control whose answer is known.
 */
export function lifted(piece: RecordingPiece, lift: Lift, d: number): RecordingPiece {
  const { q, k1, v1 } = piece.vectors as Record<'q' | 'k1' | 'v1', Float32Array>;
  const { positions, layers } = piece;
  const heads = k1.length / (positions * layers * d);
  const from = (values: Float32Array, layer: number, head: number) =>
    moved(values, { positions, layers, heads, d }, layer, head);
  const make = () => {
    if (lift === 'self') return { q, k1, k2: k1, v1, v2: v1 };
    if (lift === 'head-pair') return { q, k1, k2: from(k1, 0, 1), v1, v2: from(v1, 0, 1) };
    if (lift === 'layer-pair') return { q, k1, k2: from(k1, 1, 0), v1, v2: from(v1, 1, 0) };
    return {
      q: side(q, q, d),
      ...{ k1: side(k1, null, d), k2: side(null, k1, d), v1: side(v1, null, d), v2: side(null, v1, d) },
    };
  };
  return { ...piece, vectors: make() };
}

/** Rows of another layer and head: (positions × layers × heads × d), counted round. */
function moved(
  values: Float32Array,
  { positions, layers, heads, d }: Readonly<Record<'positions' | 'layers' | 'heads' | 'd', number>>,
  byLayer: number,
  byHead: number,
): Float32Array {
  const out = new Float32Array(values.length);
  for (let row = 0; row < positions * layers * heads; row++) {
    const [position, layer, head] = [
      Math.floor(row / (layers * heads)),
      Math.floor(row / heads) % layers,
      row % heads,
    ];
    const source = (position * layers + ((layer + byLayer) % layers)) * heads + ((head + byHead) % heads);
    out.set(values.subarray(source * d, (source + 1) * d), row * d);
  }
  return out;
}

/** Two halves per row; null is ones. */
function side(left: Float32Array | null, right: Float32Array | null, d: number): Float32Array {
  const rows = (left ?? right)!.length / d;
  const out = new Float32Array(2 * d * rows).fill(1);
  for (let row = 0; row < rows; row++) {
    if (left !== null) out.set(left.subarray(row * d, (row + 1) * d), 2 * d * row);
    if (right !== null) out.set(right.subarray(row * d, (row + 1) * d), 2 * d * row + d);
  }
  return out;
}
