/** Round each number to the nearest bfloat16, the upper half of a float32; of two as near to the even one. Not for NaN. */
export function roundToBf16(x: Float32Array): void {
  const bits = new Uint32Array(x.buffer, x.byteOffset, x.length);
  for (let i = 0; i < bits.length; i++) {
    const last = (bits[i] >>> 16) & 1;
    bits[i] = (bits[i] + 0x7fff + last) & 0xffff0000;
  }
}

/** The numbers as bfloat16, rounded. */
export function toBf16(x: Float32Array): Uint16Array {
  const rounded = x.slice();
  roundToBf16(rounded);
  return Uint16Array.from(new Uint32Array(rounded.buffer), (bits) => bits >>> 16);
}

/** Whether every number is a bfloat16 already, so that nothing is rounded. */
export function isBf16(x: Float32Array): boolean {
  return new Uint16Array(x.buffer, x.byteOffset, 2 * x.length).every((half, i) => i % 2 === 1 || half === 0);
}
