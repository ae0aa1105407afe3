import { amount, amountOfLn } from '../amount.js';
import { lnPairwiseClusters, lnProductCovering } from '../covering.js';
import { tensorCachePaper, type Bound } from '../statement.js';

/** Into how many clusters the products k1 * k2 of two clusterable sides fall. */
export const productClusters: Bound = ({ d, m, delta }) => ({
  name: 'Clusters of products',
  paper: tensorCachePaper('5.1, 5.4'),
  about: 'clusters of k1 * k2 when either side has m of diameter δ',
  claimed: amount('m, of diameter δ', m, 'clusters'),
  corrected: amount('m², of diameter 2δ', m * m, 'clusters'),
  beside: [
    {
      what: 'balls of radius δ that cover all products of unit keys: they lie in the l1 ball (Maurey)',
      ...amountOfLn('(2·d + 1)^⌈1/δ²⌉', lnProductCovering(d, delta), 'clusters'),
    },
    {
      what: 'clusters of diameter δ in the unit ball, for comparison',
      ...amountOfLn('(1 + 4/δ)^d', lnPairwiseClusters(d, delta), 'clusters'),
    },
  ],
  conditions: [{ text: 'keys of norm ≤ 1, so that no coordinate exceeds 1', holds: null }],
  wrong:
    'Multiplying a cluster of one side with one of the other gives m² clusters whose diameter is the sum of the two. Clustering the products themselves is far cheaper than e^d, because they lie in the l1 ball and have norm about 1/√d.',
});
