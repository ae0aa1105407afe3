import { taylorDegree } from '../../../src/bounds/taylor-error.js';
import { monomialCount } from '../../../src/core/monomial-count.js';
import type { LanguageModelShape } from '../../../src/core/language-model.js';
import type { ReproducedTable } from '../table.js';
import type { HeadStatistics } from './keys.js';
import { mean, median } from './numbers.js';

const TAYLOR = 0.01; // relative error asked of a polynomial
const CLUSTERED = 0.8; // of the radius of normal keys: below it keys are said to cluster

/** Scores and weights of real attention, by layer and head. */
export function scoreTable(
  model: string,
  shape: LanguageModelShape,
  heads: readonly HeadStatistics[],
): ReproducedTable {
  const degree = ({ largest }: HeadStatistics) => taylorDegree(TAYLOR, largest);
  const share = (x: number) => `${(100 * x).toFixed(x < 0.1 ? 1 : 0)} %`;
  return {
    title: `${model}: scores and weights of real attention, by layer and head`,
    source:
      'Measured on windows of held-out text, exact attention; means over windows and over the last queries of each, which see most of it. R: standard deviation of ' +
      'the scores; certified: the bound on the largest from running maxima (math.md 5.2).',
    columns: [
      ...[
        'layer, head',
        'R',
        'largest score',
        'certified',
        'Taylor degree for 1 %',
        'weights above 1 %',
        'pairs that hold 95 %',
      ],
      ...[
        'mass of the top 1 %',
        'its law (7.3)',
        'both in the last quarter',
        'one of the first four',
        'scored by skip',
      ],
    ],
    rows: heads.map((one) => [
      ...[
        `${one.layer}, ${one.head}`,
        one.R.toFixed(2),
        one.largest.toFixed(1),
        one.certified.toFixed(1),
        degree(one),
      ],
      ...[one.above.toFixed(1), share(one.for95), share(one.top1), share(one.top1Law), share(one.recent)],
      ...[share(one.sinks), share(one.scored)],
    ]),
    note: scoreWords(heads, degree, shape),
  };
}

function scoreWords(
  heads: readonly HeadStatistics[],
  degree: (of: HeadStatistics) => number,
  { d, order }: LanguageModelShape,
): string {
  const pairs = order === 'tensor';
  const least = (pick: (of: HeadStatistics) => number) => Math.min(...heads.map(pick));
  const most = (pick: (of: HeadStatistics) => number) => Math.max(...heads.map(pick));
  const percent = (x: number) => `${(100 * x).toFixed(x < 0.1 ? 1 : 0)} %`;
  const [low, high] = [least(degree), most(degree)];
  const recent = heads.filter((one) => one.recent > 0.9).length;
  const under = heads.filter(({ top1, top1Law }) => top1 < top1Law).length;
  const skips = heads.filter(({ scored }) => scored < 0.5).length;
  const dense = heads.filter(({ R }) => R < 1).length;
  return [
    `Sparsity: 95 % of the attention lie on ${percent(least((one) => one.for95))} to ${percent(most((one) => one.for95))} of the pairs (median head ${percent(median(heads.map((one) => one.for95)))}); R is below 1 in ${dense} of ${heads.length} heads.`,
    `The law of the top share is ${under === heads.length ? 'above what is measured in every head' : `below what is measured in ${heads.length - under} of ${heads.length} heads`}.`,
    `Window: ${recent} of ${heads.length} heads have more than 90 % of their attention on pairs within the last quarter, the head that looks furthest ${percent(least((one) => one.recent))}; attention spread evenly would have ${percent(pairs ? 1 / 16 : 1 / 4)}.`,
    `Polynomial: for the largest scores a Taylor polynomial needs degree ${low} to ${high}, which is ${monomialCount(d, low)} to ${monomialCount(d, high).toPrecision(3)} monomials; the certified range is ${mean(heads.map(({ certified, largest }) => certified / largest)).toFixed(1)} times the true one.`,
    `Skip: in ${skips} of ${heads.length} heads fewer than half of the pairs are scored at η = 0.01; the least is ${percent(least((one) => one.scored))}.`,
  ].join(' ');
}

/** How keys cluster, by layer, head and side. */
export function clusterTable(
  model: string,
  heads: readonly HeadStatistics[],
  tokens: number,
): ReproducedTable {
  const sides = heads.flatMap(({ layer, head, sides }) =>
    sides.map((side, i) => ({ layer, head, side: i + 1, ...side })),
  );
  const ratio = ({ radius, normalRadius }: (typeof sides)[number]) => radius / normalRadius;
  const clustered = sides.filter((side) => ratio(side) < CLUSTERED);
  const tight = sides.filter(({ change }) => change < 1);
  const ratios = sides.map(ratio).filter((x) => !Number.isNaN(x));
  const changes = sides.map(({ change }) => change);
  return {
    title: `${model}: do real keys cluster?`,
    source:
      `Measured: the radius with which leader clustering makes ${tokens / 8} clusters of the ${tokens} keys of a window, beside that of normal keys of the same mean ` +
      'and covariance; and the radius times the median |scale·q * k| of the other side, by how much a score changes within a cluster (math.md 4.8 asks for less than 1).',
    columns: ['layer, head', 'side', 'radius', 'of normal keys', 'ratio', 'radius · |scale·q * k|'],
    rows: sides.map((one) => [
      ...[`${one.layer}, ${one.head}`, `k${one.side}`, one.radius.toFixed(2), one.normalRadius.toFixed(2)],
      ...[ratio(one).toFixed(2), one.change.toFixed(2)],
    ]),
    note:
      `${clustered.length} of ${sides.length} sides cluster: their radius is below ${CLUSTERED} of that of normal keys (ratios ${Math.min(...ratios).toFixed(2)} to ` +
      `${Math.max(...ratios).toFixed(2)}). Clusters are tight, so that centroids alone serve, in ${tight.length} of ${sides.length}; ` +
      `the change of a score within a cluster is ${Math.min(...changes).toFixed(2)} to ${Math.max(...changes).toFixed(2)}, median ${median(changes).toFixed(2)}. ` +
      `SubGen's sampling bound needs e^(2δr)·ln n/ε² keys a cluster: at the median change, ${samples(median(changes))} at ε = 1/2.`,
  };
}

/** e^(2δr)·ln n/ε² for n = 256 tokens. */
function samples(change: number): string {
  return (Math.exp(2 * change) * Math.log(256) * 4).toPrecision(2);
}
