import type { Part } from './tensor-names.js';

/**
 * Whole steps: rows by position, layer, head. q has a vector per row; k1, k2, v1, v2 too, or one per key-value head
 * where heads share them. Arrays are valid until the next piece is asked for.
 */
export interface RecordingPiece {
  /** Steps in it. */
  readonly positions: number;
  readonly layers: number;
  readonly heads: number;
  /** (positions) */
  readonly streams: Int32Array;
  /** (positions) */
  readonly pos: Int32Array;
  /** (positions), -1 where there is none; null when no step has one. */
  readonly tokenIds: Int32Array | null;
  readonly vectors: Readonly<Partial<Record<Part, Float32Array>>>;
}
