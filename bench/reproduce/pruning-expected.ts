import type { Baseline } from './pruning-data.js';

/** An error in math.md 8.6, a mean of 3 draws, and the same script over 24 draws; null where there is none. */
export type ExpectedError = readonly [told: number | null, more: number | null];

/** Errors to compare with. */
export interface Expected {
  readonly baselines?: Partial<Record<Baseline, ExpectedError>>;
  /** Gradient descent that backtracks, for λ = .03, .1, .3, 1, 3, 10, 30. */
  readonly descent?: readonly ExpectedError[];
  /** With the step of the paper, for the same λ. */
  readonly fixed?: readonly ExpectedError[];
  /** At the best λ. */
  readonly best?: ExpectedError;
}

const none = [null, null, null, null, null, null, null];
const both = (told: readonly (number | null)[], more: readonly (number | null)[]) =>
  told.map((x, i): ExpectedError => [x, more[i]]);

/** By what W_Q and W_K are multiplied by. */
export const BY_SIZE: readonly (Expected & { readonly size: number })[] = [
  {
    size: 1,
    baselines: { wanda: [0.87, 0.89], sparseGpt: [0.76, 0.74], fused: [0.42, 0.54] },
    descent: both([1.2, 1.18, 0.18, 0.13, 0.16, 0.19, 0.23], [1.15, 1.13, 0.24, 0.21, 0.21, 0.22, 0.25]),
    fixed: both([null, null, null, null, null, null, 0.55], [1.48, 1.46, 1.48, 1.44, 1.4, 1.22, 0.72]),
  },
  {
    size: 0.5,
    baselines: { wanda: [0.85, 0.78], sparseGpt: [0.67, 0.6], fused: [0.42, 0.4] },
    descent: both([0.54, 0.31, 0.26, 0.25, 0.3, 0.4, 0.66], [0.59, 0.33, 0.22, 0.22, 0.25, 0.39, 0.61]),
    fixed: both([null, null, null, 0.98, 0.46, 0.4, null], [1.42, 1.38, 1.29, 1.06, 0.47, 0.39, 0.62]),
  },
  {
    size: 0.3,
    baselines: { wanda: [0.46, 0.51], sparseGpt: [0.23, 0.36], fused: [0.17, 0.19] },
    descent: both([0.16, 0.17, 0.17, 0.23, 0.35, 0.5, 0.61], [0.25, 0.24, 0.28, 0.36, 0.51, 0.63, 0.67]),
    fixed: both([null, null, 0.31, 0.24, null, null, null], [1.16, 1.03, 0.53, 0.36, 0.51, 0.65, 0.62]),
  },
  {
    size: 0.177,
    baselines: { wanda: [0.25, 0.25], sparseGpt: [0.14, 0.16], fused: [0.067, 0.065] },
    descent: both([0.18, 0.27, 0.38, 0.43, null, null, null], [0.17, 0.26, 0.33, 0.41, 0.41, 0.42, 0.43]),
    fixed: both(none, [0.41, 0.27, 0.33, 0.41, 0.41, 0.42, 0.42]),
  },
];

/** By n, at size 0.5. */
export const BY_LENGTH: readonly (Expected & { readonly n: number })[] = [
  {
    n: 32,
    best: [0.1, 0.095],
    baselines: { wanda: [0.73, 0.54], sparseGpt: [0.54, 0.43], fused: [null, 0.31] },
  },
  {
    n: 64,
    best: [0.12, 0.14],
    baselines: { wanda: [0.69, 0.68], sparseGpt: [0.54, 0.55], fused: [null, 0.32] },
  },
  {
    n: 128,
    best: [0.19, 0.22],
    baselines: { wanda: [0.6, 0.78], sparseGpt: [0.53, 0.6], fused: [null, 0.4] },
  },
  {
    n: 256,
    best: [0.24, 0.3],
    baselines: { wanda: [0.71, 0.8], sparseGpt: [0.54, 0.69], fused: [null, 0.41] },
  },
];

/** By ρ, at size 0.5. */
export const BY_RATIO: readonly (Expected & { readonly ratio: number })[] = [
  {
    ratio: 0.2,
    best: [0.18, 0.19],
    baselines: { sparseGpt: [0.05, 0.069], wanda: [0.08, 0.11], fused: [0.04, 0.038] },
  },
  {
    ratio: 0.4,
    best: [0.17, 0.21],
    baselines: { sparseGpt: [0.34, 0.36], wanda: [0.48, 0.47], fused: [0.3, 0.24] },
  },
  {
    ratio: 0.6,
    best: [0.22, 0.25],
    baselines: { sparseGpt: [0.7, 0.81], wanda: [0.95, 0.95], fused: [0.58, 0.56] },
  },
  {
    ratio: 0.8,
    best: [0.35, 0.39],
    baselines: { sparseGpt: [1.28, 1.29], wanda: [1.22, 1.33], fused: [0.92, 0.97] },
  },
];
