/** A decoded value: structs are maps from field id, lists are arrays, integers numbers, binaries buffers. */
export type ThriftValue = number | bigint | boolean | Buffer | readonly ThriftValue[] | ThriftStruct;
/** Fields by id. */
export type ThriftStruct = ReadonlyMap<number, ThriftValue>;

/**
 * Decode one struct of Thrift's compact protocol, in which Parquet writes its footer. Only what footers use is known.
 * @throws RangeError for bytes that make no sense
 */
export function decodeThrift(bytes: Buffer): ThriftStruct {
  let at = 0;

  function byte(): number {
    if (at >= bytes.length) throw new RangeError('thrift: the bytes end early');
    return bytes[at++];
  }

  function varint(): bigint {
    let [value, shift] = [0n, 0n];
    for (;;) {
      const next = byte();
      value |= BigInt(next & 0x7f) << shift;
      if (next < 0x80) return value;
      shift += 7n;
      if (shift > 63n) throw new RangeError('thrift: a number is too long');
    }
  }

  function integer(): number | bigint {
    const raw = varint();
    const value = (raw >> 1n) ^ -(raw & 1n); // zigzag
    return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
      ? Number(value)
      : value;
  }

  function take(length: number): Buffer {
    if (!(length <= bytes.length - at)) throw new RangeError('thrift: the bytes end early');
    return bytes.subarray(at, (at += length));
  }

  function list(): readonly ThriftValue[] {
    const head = byte();
    const size = head >> 4 === 15 ? Number(varint()) : head >> 4;
    if (size > bytes.length - at) throw new RangeError('thrift: a list is longer than its bytes'); // an item takes one at least
    return Array.from({ length: size }, () => ((head & 15) <= 2 ? byte() === 1 : value(head & 15)));
  }

  function value(type: number): ThriftValue {
    if (type === 1 || type === 2) return type === 1;
    if (type === 3) return byte();
    if (type >= 4 && type <= 6) return integer();
    if (type === 7) return take(8).readDoubleLE();
    if (type === 8) return take(Number(varint()));
    if (type === 9 || type === 10) return list();
    if (type === 12) return struct();
    throw new RangeError(`thrift: type ${type} is not known`);
  }

  function struct(): ThriftStruct {
    const fields = new Map<number, ThriftValue>();
    for (let id = 0; ;) {
      const head = byte();
      if (head === 0) return fields;
      id = head >> 4 === 0 ? Number(integer()) : id + (head >> 4);
      fields.set(id, value(head & 15));
    }
  }

  return struct();
}
