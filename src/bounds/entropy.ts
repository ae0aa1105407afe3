const HALVINGS = 200; // until neighbouring float64 numbers

/** Entropy of a coin that falls on one side with probability `x`, in bits. */
export function binaryEntropy(x: number): number {
  if (x <= 0 || x >= 1) return 0;
  return -(x * Math.log2(x) + (1 - x) * Math.log2(1 - x));
}

/** The `x` in [0, 1/2] whose entropy is `bits`; 0 below 0 bits, 1/2 above 1 bit. */
export function inverseBinaryEntropy(bits: number): number {
  if (bits <= 0) return 0;
  let [low, high] = [0, 0.5];
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (binaryEntropy(middle) < bits) low = middle;
    else high = middle;
  }
  return high;
}

/**
 * IDX(p) = 1 − H2(1 − p): bits of message that each bit of the Index problem costs a protocol that answers right
 * with probability `p` (Fano per bit). The constant behind every Ω(N·d) of the memory bounds.
 */
export function indexBits(p: number): number {
  return p <= 0.5 ? 0 : 1 - binaryEntropy(1 - p);
}

/** The smallest mean bit error that a message of `share` bits per bit can reach: H2⁻¹(1 − share). */
export function fanoFloor(share: number): number {
  return inverseBinaryEntropy(1 - share);
}
