const MAGIC_BYTES = 8; // length of the footer and `PAR1`

/**
 * The last bytes of a Parquet file with its key/value metadata in the order of `metadata`, in place. parquet-wasm
 * writes them in an order that differs from run to run, and the same rows must give the same bytes.
 *
 * @throws RangeError when the entries are not all there, side by side
 */
export function orderMetadata(tail: Uint8Array, metadata: ReadonlyMap<string, string>): void {
  const bytes = Buffer.from(tail.buffer, tail.byteOffset, tail.byteLength);
  const footer = bytes.subarray(
    Math.max(0, bytes.length - MAGIC_BYTES - bytes.readUInt32LE(bytes.length - MAGIC_BYTES)),
  );
  const entries = [...metadata].map(([key, value]) => entry(key, value));
  const ordered = Buffer.concat(entries);
  const start = Math.min(...entries.map((at) => footer.indexOf(at)));
  const block = footer.subarray(start, start + ordered.length);
  if (start < 0 || entries.some((at) => !block.includes(at))) {
    throw new RangeError('parquet-wasm: the key/value metadata is not where it was expected');
  }
  ordered.copy(block);
}

/** A KeyValue in Thrift's compact protocol: field 1 and field 2 as strings, stop. */
function entry(key: string, value: string): Buffer {
  return Buffer.concat([field(key), field(value), Buffer.of(0)]);
}

function field(text: string): Buffer {
  const bytes = Buffer.from(text);
  const length: number[] = [];
  let rest = bytes.length;
  for (; rest > 0x7f; rest >>>= 7) length.push((rest & 0x7f) | 0x80);
  return Buffer.concat([Buffer.of(0x18, ...length, rest), bytes]);
}
