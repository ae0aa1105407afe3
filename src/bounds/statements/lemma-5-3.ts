import { amountOfLn } from '../amount.js';
import { lnCovering, lnCoveringCoarse } from '../covering.js';
import { tensorCachePaper, type Bound } from '../statement.js';

/** Balls of radius δ that cover the unit ball. */
export const lemma53: Bound = ({ d, delta }) => ({
  name: 'Lemma 5.3',
  paper: tensorCachePaper('5.3'),
  about: 'balls of radius δ that cover the unit ball',
  claimed: amountOfLn('(3/δ)^d', lnCoveringCoarse(d, delta), 'clusters'),
  corrected: amountOfLn('(1 + 2/δ)^d', lnCovering(d, delta), 'clusters'),
  beside: [],
  conditions: [{ text: 'for (3/δ)^d: δ ≤ 1', holds: delta <= 1 }],
  wrong:
    'Nothing is wrong for δ in (0, 1), where (1 + 2/δ)^d ≤ (3/δ)^d. The tighter count holds for every δ, and it counts balls of RADIUS δ, which Lemma 5.4 then takes for clusters of diameter δ.',
});
