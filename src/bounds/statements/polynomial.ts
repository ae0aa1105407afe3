import { taylorError } from '../../core/taylor-error.js';
import { amount } from '../amount.js';
import { breakEven } from '../monomials.js';
import type { Bound } from '../statement.js';

/** State of the polynomial cache, constant in n, and the length from which it pays. */
export const polynomialBreakEven: Bound = ({ n, d, g, r, w }) => {
  const { monomials, memory, time } = breakEven(d, g);
  return {
    name: 'Polynomial break-even',
    paper: {
      title:
        'How to Capture Higher-order Correlations? Generalizing Matrix Softmax Attention to Kronecker Computation',
      section: 'main theorem, here in streaming form',
      url: 'https://arxiv.org/abs/2310.04064',
    },
    about: 'state of the polynomial cache of degree g',
    claimed: null,
    corrected: amount('2·C(d + g, g)·(d + 1)·w', 2 * monomials * (d + 1) * w, 'bits'),
    beside: [
      { what: 'monomials', ...amount('C(d + g, g)', monomials, 'numbers') },
      { what: 'less memory than exact from n =', ...amount('2·r·(d + 1) < 4·n·d', memory, 'tokens') },
      { what: 'less time than exact from n =', ...amount('7·r·(d + 1) < 4·n²·d', time, 'tokens') },
      {
        what: 'relative error of a weight when all scores lie within ±r (Taylor)',
        ...amount('∫₀^r e^t·t^g/g! dt', taylorError(g, r), '1'),
      },
    ],
    conditions: [
      { text: `n ≥ ${memory}: it holds less than the four caches`, holds: n >= memory },
      { text: `n ≥ ${time}: it answers in fewer operations`, holds: n >= time },
    ],
    wrong:
      'The paper bounds the time of one large attention, n^(1 + o(1)) for entries up to (ln n)^(1/3), and says nothing of a stream. Kept as running sums, its features make a state that does not grow with n, and the price is C(d + g, g) monomials.',
  };
};
