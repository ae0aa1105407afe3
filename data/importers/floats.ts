/** How a file stores floating-point numbers. */
export type FloatType = 'f16' | 'bf16' | 'f32' | 'f64';

/** Bytes of one number. */
export const FLOAT_BYTES: Readonly<Record<FloatType, number>> = { f16: 2, bf16: 2, f32: 4, f64: 8 };

let halves: Float32Array | null = null;

/**
 * Decode numbers into float32. f16 and bf16 are widened, which loses nothing: subnormals, NaN and infinities
 * arrive as such. f64 is rounded; what float32 cannot hold becomes an infinity.
 * `bytes` has exactly `into.length` numbers and is aligned; big-endian bytes are swapped in place.
 */
export function decodeFloats(
  bytes: Uint8Array,
  type: FloatType,
  bigEndian: boolean,
  into: Float32Array,
): void {
  if (bigEndian) swap(bytes, FLOAT_BYTES[type]);
  const { buffer, byteOffset } = bytes;
  const n = into.length;
  if (type === 'f32') into.set(new Float32Array(buffer, byteOffset, n));
  else if (type === 'f64') into.set(new Float64Array(buffer, byteOffset, n));
  else if (type === 'bf16') widen(new Uint16Array(buffer, byteOffset, n), into);
  else {
    const [stored, table] = [new Uint16Array(buffer, byteOffset, n), (halves ??= halfTable())];
    for (let i = 0; i < n; i++) into[i] = table[stored[i]];
  }
}

/** bfloat16 is the upper half of a float32. */
function widen(stored: Uint16Array, into: Float32Array): void {
  const bits = new Uint32Array(into.buffer, into.byteOffset, into.length);
  for (let i = 0; i < stored.length; i++) bits[i] = stored[i] << 16;
}

/** All 65,536 halves: looking one up is four times as fast as computing it. */
function halfTable(): Float32Array {
  return Float32Array.from({ length: 1 << 16 }, (_, bits) => halfToNumber(bits));
}

/** IEEE 754 half precision: 1 sign, 5 exponent, 10 fraction bits; exponent 0 is subnormal, 31 is Inf or NaN. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function swap(bytes: Uint8Array, width: number): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (width === 2) buffer.swap16();
  else if (width === 4) buffer.swap32();
  else buffer.swap64();
}
