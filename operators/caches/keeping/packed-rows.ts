import type { CacheParts } from '../../../src/core/cache.js';
import type { Floats } from '../../../src/core/memory.js';
import type { Saved } from './saved-state.js';

const WORD = 32; // bits

/** Rows of small unsigned integers in the bits of shared memory. */
export interface PackedRows extends Saved {
  count(): number;
  /** Add a row of `length` codes, each below 2^bits. */
  append(codes: Uint8Array): void;
  /** Call `visit` with each row and its codes, (length); the codes are valid during the call. */
  each(visit: (row: number, codes: Uint8Array) => void): void;
}

/** Numbers of shared memory that a row of codes takes. */
export function packedWidth(length: number, bits: number, bytesPerNumber: number): number {
  return Math.ceil((length * bits) / (8 * bytesPerNumber));
}

/**
 * Keep rows of `length` codes of 2, 4 or 8 bits, code j in the bits j·bits … of its row, so that no code straddles two
 * words of 32 bits. Memory is written and read as integers: the same bits as a float may be a NaN, which may lose its
 * payload when it is copied as a number. For the same reason a snapshot holds integers.
 */
export function packedRows(
  length: number,
  bits: 2 | 4 | 8,
  { rows: makeRows, bytesPerNumber }: Pick<CacheParts, 'rows' | 'bytesPerNumber'>,
): PackedRows {
  const rows = makeRows(packedWidth(length, bits, bytesPerNumber));
  const words = (rows.width * bytesPerNumber * 8) / WORD; // per row
  const [perWord, mask] = [WORD / bits, 2 ** bits - 1];
  const codes = new Uint8Array(length);

  function unpack(from: Uint32Array, at: number): void {
    for (let j = 0; j < length; j++) {
      const word = from[at + Math.floor(j / perWord)];
      codes[j] = (word >>> ((j % perWord) * bits)) & mask;
    }
  }

  return {
    count: () => rows.count,
    append(added) {
      rows.resize(rows.count + 1);
      const row = asWords(rows.read(rows.count - 1)).fill(0);
      for (let j = 0; j < length; j++) row[Math.floor(j / perWord)] |= added[j] << ((j % perWord) * bits);
    },
    each(visit) {
      let row = 0;
      for (const view of rows.views()) {
        const from = asWords(view);
        for (let at = 0; at < from.length; at += words) {
          unpack(from, at);
          visit(row++, codes);
        }
      }
    },
    snapshot() {
      const stored = new Int32Array(rows.count * words);
      for (let i = 0; i < rows.count; i++) stored.set(asWords(rows.read(i)), i * words);
      return { words: stored };
    },
    restore({ words: stored }) {
      if (!(stored instanceof Int32Array)) throw new RangeError('snapshot: packed words are missing');
      rows.resize(stored.length / words);
      for (let i = 0; i < rows.count; i++) {
        asWords(rows.read(i)).set(stored.subarray(i * words, (i + 1) * words));
      }
    },
  };
}

/** The same memory as words of 32 bits. */
function asWords(view: Floats): Uint32Array {
  return new Uint32Array(view.buffer, view.byteOffset, view.byteLength / Uint32Array.BYTES_PER_ELEMENT);
}
