import { binaryEntropy, fanoFloor } from '../../src/bounds/entropy.js';

const SIGMAS = 4;
const [EXTRA_ROWS, EXTRA_ERROR] = [4, 0.5]; // a sample of equal rows is not free of noise (Agresti and Coull)

/** How much of the sender's bits a receiver got back. */
export interface Recovery {
  /** Share of the bits that were decoded right. */
  readonly recovery: number;
  /** e: share decoded wrong. */
  readonly bit_error: number;
  /** 1 − H2(e) bits recovered for each bit of the sender; 0 from e = 1/2 on. */
  readonly information: number;
  /** The same at the lower end of the sampling noise of e (4 standard errors over rows). */
  readonly information_at_least: number;
}

/** Sum up the errors of the decoded rows, each a share of its d bits; `all` rows, or a sample. */
export function recoveryOf(errors: readonly number[], all: boolean): Recovery {
  const error = mean(errors);
  const noisy = all ? errors : [...errors, ...Array<number>(EXTRA_ROWS).fill(EXTRA_ERROR)];
  const centre = mean(noisy);
  const spread = Math.sqrt(mean(noisy.map((e) => (e - centre) ** 2)) / noisy.length);
  return {
    recovery: 1 - error,
    bit_error: error,
    information: informationOf(error),
    information_at_least: informationOf(centre + SIGMAS * spread),
  };
}

/** The Fano diagonal at a message of `share` bits per bit: what no receiver can exceed. */
export function fanoLimit(share: number): {
  readonly most_information: number;
  readonly least_error: number;
} {
  return { most_information: Math.min(1, share), least_error: fanoFloor(share) };
}

function informationOf(error: number): number {
  return error >= 0.5 ? 0 : 1 - binaryEntropy(error);
}

function mean(list: readonly number[]): number {
  return list.reduce((sum, x) => sum + x, 0) / list.length;
}
