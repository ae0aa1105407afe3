import { amountOfLn } from '../amount.js';
import { lnCovering, lnPairwiseClusters } from '../covering.js';
import { tensorCachePaper, type Bound } from '../statement.js';

/** Clusters that any points of the unit ball fall into. */
export const lemma54: Bound = ({ d, delta }) => ({
  name: 'Lemma 5.4',
  paper: tensorCachePaper('5.4, B.8'),
  about: 'clusters of the unit ball, any two points of one within δ',
  claimed: amountOfLn('e^d, at δ = e/3', d, 'clusters'),
  corrected: amountOfLn('(1 + 4/δ)^d', lnPairwiseClusters(d, delta), 'clusters'),
  beside: [
    {
      what: 'leader clusters of threshold δ, at most; their radius is δ',
      ...amountOfLn('(1 + 2/δ)^d', lnCovering(d, delta), 'clusters'),
    },
  ],
  conditions: [
    { text: 'points of norm ≤ 1', holds: null },
    {
      text: 'for e^d: 3/δ ≤ e, that is δ ≥ 1.104, outside the (0, 1) of Lemma 5.3',
      holds: delta >= 3 / Math.E,
    },
  ],
  wrong:
    'At δ = e/3 the covering (3/δ)^d is (9/e)^d = 3.31^d, not e^d, which would need δ = 3/e > 1. Balls of radius δ have pairwise distances up to 2δ, so (m, δ)-clusterable needs radius δ/2 and m = (1 + 4/δ)^d, 5.41^d at δ = e/3.',
});
