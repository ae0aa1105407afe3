/** `tensor` scores pairs of tokens, s_ab = scale·<q, k1_a * k2_b>; `matrix` is the case k2 = v2 = 1. */
export type Order = 'tensor' | 'matrix';

/** The sizes every operator agrees on. */
export interface ModelShape {
  readonly layers: number;
  readonly heads: number;
  /** Numbers per head. */
  readonly d: number;
  readonly order: Order;
  /** Factor on every score; 1 unless a paper or a model says otherwise. */
  readonly scale: number;
}

const [MIN_SCALE, MAX_SCALE] = [1e-9, 1e9];
const [MIN_SCORE_STD, MAX_SCORE_STD] = [1e-6, 1e4];

/** What `isScale` asks for, in words. */
export const SCALE_RULE = `a number other than 0, of size ${MIN_SCALE} to ${MAX_SCALE}`;

/** What `isScoreStd` asks for, in words. */
export const SCORE_STD_RULE = `a number from ${MIN_SCORE_STD} to ${MAX_SCORE_STD}`;

/** Whether scores may be multiplied by `x`: rows that make up for it must be float32 numbers. */
export function isScale(x: number): boolean {
  return Math.abs(x) >= MIN_SCALE && Math.abs(x) <= MAX_SCALE;
}

/** Whether scores may have standard deviation `x` (R): far beyond it float32 tells no two scores apart. */
export function isScoreStd(x: number): boolean {
  return x >= MIN_SCORE_STD && x <= MAX_SCORE_STD;
}
