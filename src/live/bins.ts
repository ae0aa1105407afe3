/** Where counts of steps fall: bins whose number never grows with the run. */
export interface Bins {
  readonly count: number;
  /** The bin of `n`, 1 or more. */
  at(n: number): number;
  /** Smallest and largest n of a bin. */
  from(bin: number): number;
  to(bin: number): number;
}

const PER_OCTAVE = 8;
const OCTAVES = 32;

/** Bins for logarithmic axes: eight to an octave, up to 2^32; the first ones hold a single n, or nothing. */
export const logBins: Bins = {
  count: PER_OCTAVE * OCTAVES,
  at: (n) => Math.min(PER_OCTAVE * OCTAVES - 1, Math.floor(PER_OCTAVE * Math.log2(n) + 1e-9)),
  from: (bin) => Math.ceil(2 ** (bin / PER_OCTAVE) - 1e-9),
  to: (bin) => Math.ceil(2 ** ((bin + 1) / PER_OCTAVE) - 1e-9) - 1,
};

/** Bins for linear axes: `count` of one width, which doubles whenever they are full. */
export class LinearBins implements Bins {
  #width = 1;
  /** `onDouble` merges bins 2i and 2i+1 into i, and empties the upper half. */
  constructor(
    readonly count: number,
    private readonly onDouble: () => void,
  ) {}

  /** Steps that a bin holds. */
  get width(): number {
    return this.#width;
  }

  at(n: number): number {
    while (n > this.count * this.#width) {
      this.onDouble();
      this.#width *= 2;
    }
    return Math.floor((n - 1) / this.#width);
  }
  from(bin: number): number {
    return 1 + bin * this.#width;
  }
  to(bin: number): number {
    return (bin + 1) * this.#width;
  }
}

/** Add the bins of `width` numbers each together, two by two, into the lower half. */
export function mergePairs(values: Float64Array | Uint32Array, width: number): void {
  const bins = values.length / width;
  for (let bin = 0; bin < bins / 2; bin++) {
    for (let i = 0; i < width; i++) {
      values[bin * width + i] = values[2 * bin * width + i] + values[(2 * bin + 1) * width + i];
    }
  }
  values.fill(0, (bins / 2) * width);
}
