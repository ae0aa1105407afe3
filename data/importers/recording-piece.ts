import type { Part } from './tensor-names.js';

/**
 * Whole steps of one stream: rows by position, layer, head. q has a vector per row; k1, k2, v1, v2 too, or one per
 * key-value head where heads share them. Arrays are valid until the next piece is asked for.
 */
export interface RecordingPiece {
  readonly stream: number;
  readonly firstPos: number;
  readonly positions: number;
  readonly layers: number;
  readonly heads: number;
  /** (positions); null when the stream has none. */
  readonly tokenIds: Int32Array | null;
  readonly vectors: Readonly<Partial<Record<Part, Float32Array>>>;
}
