import { amount } from '../amount.js';
import { tensorCachePaper, type Bound } from '../statement.js';

/** Operations of one step beyond 4·n²·d + (3 + exp)·n², which all three forms share (math.md 1.4). */
export const extraFlops = {
  materialising: (n: number, d: number) => 2 * n * n * d,
  fused: (n: number, d: number) => 3 * n * d,
  twoCache: (n: number, d: number) => 2 * (2 * n - 1) * d,
} as const;

/** The two-cache saves the Kronecker products of a form that builds them, and nothing against the fused form. */
export const theorem43: Bound = ({ n, d, w }) => {
  const shared = 4 * n * n * d;
  const two = extraFlops.twoCache(n, d);
  const ratio = (shared + extraFlops.materialising(n, d)) / (shared + two);
  return {
    name: 'Theorem 4.3',
    paper: tensorCachePaper('4.3'),
    about: 'operations a step that two caches save over four',
    claimed: amount('Ω(n²·d), in the proof 2·n²·d', extraFlops.materialising(n, d), 'flops'),
    corrected: amount('3·n·d − 2·(2·n − 1)·d', extraFlops.fused(n, d) - two, 'flops'),
    beside: [
      {
        what: 'materialising four-cache over two-cache, exponentials left out',
        ...amount('6·n²·d / (4·n²·d + 2·(2·n − 1)·d)', ratio, '1'),
      },
      { what: 'state of the two-cache', ...amount('2·n²·d·w', 2 * n * n * d * w, 'bits') },
      { what: 'state of the four-cache', ...amount('4·n·d·w', 4 * n * d * w, 'bits') },
      {
        what: 'operations per byte read, two-cache: a machine that does more per byte waits for memory',
        ...amount('16/w', 16 / w, '1'),
      },
    ],
    conditions: [{ text: 'the four-cache builds K1 ⊘ K2 and V1 ⊘ V2 anew in every step', holds: false }],
    wrong:
      'The proof counts only the products that a materialising four-cache builds; the fused form never builds them and has the same leading term 4·n²·d. Since the two-cache reads 2·n²·d numbers a step, it is even slower wherever memory bandwidth decides.',
  };
};
