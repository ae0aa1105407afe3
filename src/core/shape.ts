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
