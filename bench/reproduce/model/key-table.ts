import { taylorDegree } from '../../../src/bounds/taylor-error.js';
import { monomialCount } from '../../../src/core/monomial-count.js';
import type { LanguageModelShape } from '../../../src/core/language-model.js';
import type { ReproducedTable } from '../table.js';
import { QUERIES, type HeadStatistics } from './keys.js';
import { amount, mean, median } from './numbers.js';

const TAYLOR = 0.01; // relative error asked of a polynomial
const CLUSTERED = 0.8; // of the radius of normal keys: below it keys are said to cluster

/** Scores and weights of real attention, by layer and head. */
export function scoreTable(
  model: string,
  shape: LanguageModelShape,
  heads: readonly HeadStatistics[],
  windows: number,
): ReproducedTable {
  const degree = ({ largest }: HeadStatistics) => taylorDegree(TAYLOR, largest);
  const of = shape.order === 'tensor' ? 'pairs' : 'tokens';
  const share = percent;
  return {
    title: `${model}: scores and weights of real attention, by layer and head`,
    source:
      `Measured with exact attention on ${windows} windows of ${shape.context} bytes of held-out text: means over windows and over ${QUERIES} of the last queries of each, which see ` +
      `four fifths of it and more. R: standard deviation of the scores of all ${of}; largest: |score|; certified: the bound on it from running maxima (math.md 5.2); ` +
      `Taylor: the degree at which the polynomial of e^s is off by less than 1 % up to the largest score; law: what the top 1 % hold of normal scores of that R (math.md 7.3); ` +
      `scored by skip: at η = 0.01, over all queries.`,
    columns: [
      ...['layer, head', 'R', 'largest score', 'certified', 'Taylor degree', `${of} with a weight above 1 %`],
      ...[`share of the ${of} that hold 95 %`, 'weight of the top 1 %', 'its law'],
      ...(of === 'pairs' ? ['weight on both in the last quarter', 'on one of the first four'] : []),
      ...(of === 'tokens' ? ['weight on the last quarter', 'on the first four'] : []),
      'scored by skip',
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

const percent = (x: number) => `${(100 * x).toFixed(x < 0.1 ? 1 : 0)} %`;

/** What is read off that table, each sentence from its columns. */
function scoreWords(
  heads: readonly HeadStatistics[],
  degree: (of: HeadStatistics) => number,
  { d, order }: LanguageModelShape,
): string {
  const of = order === 'tensor' ? 'pairs' : 'tokens';
  const least = (pick: (of: HeadStatistics) => number) => Math.min(...heads.map(pick));
  const most = (pick: (of: HeadStatistics) => number) => Math.max(...heads.map(pick));
  const [low, high] = [least(degree), most(degree)];
  const count = (holds: (of: HeadStatistics) => boolean) =>
    `${heads.filter(holds).length} of ${heads.length} heads`;
  const wide = mean(heads.map(({ certified, largest }) => certified / largest));
  return [
    `Sparsity: 95 % of the attention lie on ${percent(least(({ for95 }) => for95))} to ${percent(most(({ for95 }) => for95))} of the ${of} (median head ${percent(median(heads.map(({ for95 }) => for95)))}); R is below 1 in ${count(({ R }) => R < 1)}.`,
    `The law promises the top 1 % more than they hold in ${count(({ top1, top1Law }) => top1 < top1Law)}.`,
    `Window: ${count(({ recent }) => recent > 0.9)} have more than 90 % of their attention ${order === 'tensor' ? 'on pairs of which both tokens are in' : 'on'} the last quarter, the head that looks furthest back ${percent(least(({ recent }) => recent))}; attention spread evenly would have ${percent(order === 'tensor' ? 1 / 16 : 1 / 4)}.`,
    `Polynomial: up to the largest scores a Taylor polynomial of e^s needs degree ${low} to ${high}, which in d = ${d} is ${amount(monomialCount(d, low))} to ${amount(monomialCount(d, high))} monomials; the certified range is ${wide.toFixed(1)} times the true one on average.`,
    `Skip: in ${count(({ scored }) => scored < 0.5)} fewer than half of the ${of} are scored at η = 0.01; the least is ${percent(least(({ scored }) => scored))}.`,
  ].join(' ');
}

/** How keys cluster, by layer, head and side. */
export function clusterTable(
  model: string,
  heads: readonly HeadStatistics[],
  tokens: number,
  windows: number,
): ReproducedTable {
  const sides = heads.flatMap(({ layer, head, sides }) =>
    sides.map((side, i) => ({ layer, head, side: i + 1, ...side })),
  );
  const pairs = sides.length > heads.length;
  const ratio = ({ radius, normalRadius }: (typeof sides)[number]) => radius / normalRadius;
  const clustered = sides.filter((side) => ratio(side) < CLUSTERED);
  const tight = sides.filter(({ change }) => change < 1);
  const ratios = sides.map(ratio).filter((x) => !Number.isNaN(x));
  const changes = sides.map(({ change }) => change);
  return {
    title: `${model}: do real keys cluster?`,
    source:
      `Measured, means over ${windows} windows of held-out text: the radius with which leader clustering makes ${tokens / 8} clusters of the ${tokens} keys of a window, beside that of ` +
      `normal keys of the same mean and covariance; and change, the most that a score can change within a cluster: the radius times ‖scale·q${pairs ? ' * k‖, k of the other side' : '‖'}, ` +
      `median over late queries${pairs ? ' and all keys' : ''} (math.md 4.8 asks for less than 1).`,
    columns: ['layer, head', 'side', 'radius', 'of normal keys', 'ratio', 'change'],
    rows: sides.map((one) => [
      ...[`${one.layer}, ${one.head}`, `k${one.side}`, one.radius.toFixed(2), one.normalRadius.toFixed(2)],
      ...[ratio(one).toFixed(2), one.change.toFixed(2)],
    ]),
    note:
      `${clustered.length} of ${sides.length} sides cluster, that is, with a radius below ${CLUSTERED} of that of normal keys (ratios ${Math.min(...ratios).toFixed(2)} to ` +
      `${Math.max(...ratios).toFixed(2)}). Clusters are tight, so that centroids alone serve (a change below 1), in ${tight.length} of ${sides.length}; ` +
      `the change is ${Math.min(...changes).toFixed(2)} to ${Math.max(...changes).toFixed(2)}, median ${median(changes).toFixed(2)}. ` +
      `SubGen's sampling bound needs e^(2·change)·ln n/ε² keys a cluster: at the median change, ε = 1/2 and n = ${tokens}, ${amount(samples(median(changes), tokens))}.`,
  };
}

/** e^(2δr)·ln n/ε² for n tokens and ε = 1/2. */
function samples(change: number, n: number): number {
  return Math.exp(2 * change) * Math.log(n) * 4;
}
