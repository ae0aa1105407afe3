import { createHash, type Hash } from 'node:crypto';
import type { Columns } from '../schemas/column.js';
import type { ColumnData, TableData } from './column-data.js';

/** A digest of results as they come, batch after batch. */
export interface ResultHash {
  update(table: string, columns: Columns, data: TableData, rows: number): void;
  /** Hexadecimal sha256. */
  digest(): string;
}

/**
 * sha256 over every value of every table it is shown, in row order, except the measured times (columns whose
 * name ends in `_ns`): two runs with the same result have the same digest. It does not depend on how rows are
 * cut into batches, nor on the bits of a NaN or the number under a null.
 */
export function resultHash(): ResultHash {
  const parts = new Map<string, Hash>();

  function part(name: string): Hash {
    const hash = parts.get(name) ?? createHash('sha256');
    parts.set(name, hash);
    return hash;
  }

  return {
    update(table, columns, data, rows) {
      for (const [name, { type, nullable }] of Object.entries(columns)) {
        if (name.endsWith('_ns')) continue;
        const key = `${table}.${name}`;
        const column = data[name];
        if (nullable) part(`${key}.valid`).update(column.valid ?? new Uint8Array(rows).fill(1));
        if (type === 'UTF8') hashStrings(column, part(`${key}.lengths`), part(key));
        else part(key).update(bytesOf(canonical(column)));
      }
    },
    digest() {
      const lines = [...parts].map(([name, hash]) => `${name} ${hash.digest('hex')}\n`).sort();
      return createHash('sha256').update(lines.join('')).digest('hex');
    },
  };
}

type Numbers = Int32Array | Float64Array | Float32Array | Uint8Array;

/** The values themselves, or a copy with 0 under nulls and one kind of NaN. */
function canonical({ values, valid }: ColumnData): Numbers {
  if (!ArrayBuffer.isView(values)) throw new RangeError('result hash: numbers must come as typed arrays');
  const numbers = values as Numbers;
  const copy = valid === null ? numbers : numbers.map((value, i) => (valid[i] === 1 ? value : 0));
  if (!(copy instanceof Float64Array || copy instanceof Float32Array) || !copy.some(Number.isNaN))
    return copy;
  const quiet = copy.slice();
  const bits =
    quiet instanceof Float64Array ? new BigUint64Array(quiet.buffer) : new Uint32Array(quiet.buffer);
  const nan = quiet instanceof Float64Array ? 0x7ff8000000000000n : 0x7fc00000;
  for (let i = 0; i < quiet.length; i++)
    if (Number.isNaN(quiet[i])) (bits as BigUint64Array)[i] = nan as bigint;
  return quiet;
}

function bytesOf({ buffer, byteOffset, byteLength }: Numbers): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function hashStrings({ values, valid }: ColumnData, lengths: Hash, bytes: Hash): void {
  const strings = (values as readonly string[]).map((value, i) =>
    valid === null || valid[i] === 1 ? value : '',
  );
  lengths.update(bytesOf(Int32Array.from(strings, (value) => Buffer.byteLength(value))));
  bytes.update(strings.join(''));
}
