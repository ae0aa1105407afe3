import { skip } from '../../operators/caches/skip.js';
import { withTrial } from '../../operators/caches/testing/harness.js';
import { fourCache } from '../../operators/caches/four-cache.js';
import { randomStream, type Random } from '../../src/core/random.js';
import { bucketsAsTable, bucketTable } from './buckets.js';
import { dot, gaussians } from './clustered-data.js';
import { rowSkip, type Rows4, type Skipped } from './row-skip.js';
import { mark, toMarkdown, type ReproducedTable } from './table.js';

const [N, D, ETA, DRAWS, SEED] = [384, 16, 0.01, 10, 77];
const STDS = [1, 2, 4, 8];
const CLUSTERS = 16;

type Kind = 'Gaussian' | 'clustered' | 'clusters of 64';

interface Expected {
  readonly kind: Kind;
  readonly block: number;
  readonly shares: readonly number[];
  readonly more: readonly number[];
}

/** Share of the pairs evaluated: of math.md 7.7, means of 3 draws, and of the same script (c7c) over 24 draws. */
const EXPECTED: readonly Expected[] = [
  { kind: 'Gaussian', block: 4, shares: [0.99, 0.79, 0.34, 0.016], more: [0.986, 0.917, 0.25, 0.039] },
  { kind: 'clustered', block: 4, shares: [0.94, 0.79, 0.23, 0.11], more: [0.941, 0.748, 0.411, 0.189] },
  { kind: 'Gaussian', block: 16, shares: [0.996, 0.995, 0.56, 0.21], more: [0.996, 0.982, 0.69, 0.213] },
];

/** One cell of table 7.7: means over draws. */
export interface SkipCell extends Skipped {
  readonly kind: Kind;
  readonly block: number;
  readonly R: number;
  readonly expected: number | null;
  /** Standard error of the mean of `share`. */
  readonly shareError: number;
  /** The script behind `expected`, over more draws. */
  readonly more: number | null;
}

/** Rows as in math.md 7.7: a query scaled to the score deviation R. Clusters come one after the other if `sorted`. */
function draw(kind: Kind, R: number, random: Random, sorted: boolean): Rows4 {
  const centres = gaussians(random, CLUSTERS, D);
  const labelsOf = () =>
    Array.from({ length: N }, (_, i) => (kind === 'clustered' ? random.below(CLUSTERS) : i >> 6));
  const side = () => {
    if (kind === 'Gaussian') return gaussians(random, N, D);
    const labels = sorted ? labelsOf().sort((i, j) => i - j) : labelsOf();
    return labels.map((c) => centres[c].map((x) => x + 0.1 * random.gaussian()));
  };
  const [k1, k2] = [side(), side()];
  const [v1, v2] = [gaussians(random, N, D), gaussians(random, N, D)];
  const [direction] = gaussians(random, 1, D);
  const scores = k1.flatMap((key) => {
    const y = key.map((x, t) => x * direction[t]);
    return k2.map((other) => dot(y, other));
  });
  const mean = scores.reduce((sum, s) => sum + s, 0) / scores.length;
  const std = Math.sqrt(scores.reduce((sum, s) => sum + (s - mean) ** 2, 0) / scores.length);
  return { q: direction.map((x) => (x * R) / std), k1, k2, v1, v2 };
}

/** The rule of math.md 7.7, row by block, with the true error and the certificate. */
export function rowTable(draws = DRAWS): readonly SkipCell[] {
  return EXPECTED.flatMap(({ kind, block, shares, more }) =>
    STDS.map((R, i) => {
      const found = Array.from({ length: draws }, (_, n) => {
        const random = randomStream(SEED, 'row skip', kind, R, n);
        return rowSkip(draw(kind, R, random, false), block, ETA, random);
      });
      return { kind, block, R, expected: shares[i], more: more[i], ...meanOf(found) };
    }),
  );
}

/** The same data through the `skip` cache: pairs of blocks of 64 by age; `clustered` keys come cluster by cluster. */
export async function cacheTable(draws = DRAWS): Promise<readonly SkipCell[]> {
  const cells: SkipCell[] = [];
  for (const kind of ['Gaussian', 'clustered', 'clusters of 64'] as const) {
    for (const R of [...STDS, 16]) {
      const found: Skipped[] = [];
      for (let n = 0; n < draws; n++)
        found.push(await throughCache(draw(kind, R, randomStream(SEED, 'cache', kind, R, n), true)));
      cells.push({ kind, block: 64, R, expected: null, more: null, ...meanOf(found) });
    }
  }
  return cells;
}

const SHAPE = { d: D, order: 'tensor', scale: 1, dtype: 'f64' } as const;

async function throughCache({ q, k1, k2, v1, v2 }: Rows4): Promise<Skipped> {
  const tokens = k1.map((key, i) => ({ q, k1: key, k2: k2[i], v1: v1[i], v2: v2[i] }));
  const exact = await withTrial(fourCache(), SHAPE, (trial) => {
    for (const token of tokens) trial.append(token);
    return trial.ask(q);
  });
  return withTrial(skip({ eta: ETA }), SHAPE, async (trial) => {
    for (const token of tokens) trial.append(token);
    const answer = await trial.ask(q);
    return {
      share: answer.pairs / (N * N),
      error: Math.hypot(...answer.output.map((x, j) => x - exact.output[j])),
      certificate: trial.cache.certify!(answer),
    };
  });
}

function meanOf(found: readonly Skipped[]): Skipped & Pick<SkipCell, 'shareError'> {
  const mean = (pick: (each: Skipped) => number) =>
    found.reduce((sum, each) => sum + pick(each), 0) / found.length;
  const share = mean((x) => x.share);
  return {
    ...{ share, error: mean((x) => x.error), certificate: mean((x) => x.certificate) },
    shareError: Math.sqrt(mean((x) => (x.share - share) ** 2) / Math.max(1, found.length - 1)),
  };
}

/** Tables of math.md 7.7 and 7.4, and the `skip` cache on the same data. */
export async function reproduceSkip(): Promise<{
  readonly tables: readonly ReproducedTable[];
  readonly markdown: string;
}> {
  const tables = [rowsAsTable(rowTable()), cacheAsTable(await cacheTable()), bucketsAsTable(bucketTable())];
  return { tables, markdown: tables.map(toMarkdown).join('\n\n') };
}

const small = (x: number) => (x === 0 ? '0' : x.toExponential(1));

function rowsAsTable(cells: readonly SkipCell[]): ReproducedTable {
  return {
    title: `Certified skipping, rows by blocks (n = ${N}, d = ${D}, η = ${ETA}, means of ${DRAWS} draws)`,
    source:
      'Measured with the rule of math.md 7.7 as it stands there, written again in bench/reproduce/row-skip.ts: no cache skips ' +
      'row by block. `its script` is not measured here: means over 24 draws of the script behind math.md, in the source.',
    columns: [
      'keys',
      'block',
      'R',
      'pairs scored',
      'expected',
      'its script, 24 draws',
      'true error',
      'certificate',
    ],
    rows: cells.map((cell) => [
      ...[
        cell.kind,
        cell.block,
        cell.R,
        `${cell.share.toFixed(3)} ± ${cell.shareError.toFixed(3)}`,
        `${cell.expected}${mark(cell.share, cell.expected)}`,
      ],
      ...[cell.more!, small(cell.error), small(cell.certificate)],
    ]),
    note: NOTE_ROWS,
  };
}

const NOTE_ROWS =
  'Shares vary from draw to draw by half of themselves and more where R is 4 or 8 (± is the standard error of our mean; over ' +
  '24 draws the script has standard deviations of 0.17 for Gaussian keys in blocks of 4 at R = 4 and 0.12 for clustered ones ' +
  'at R = 8). At R = 4 the three draws behind math.md are off for clustered keys (0.41 over 24 draws), and all numbers are ' +
  'within the spread for Gaussian ones. The true error is hundreds to millions of times below the certificate, as math.md ' +
  'says: η is a worst case.';

function cacheAsTable(cells: readonly SkipCell[]): ReproducedTable {
  return {
    title: `The skip cache on the same data: blocks of 64 tokens by age (η = ${ETA})`,
    source: 'Measured: the cache `skip` beside `four-cache` in float64.',
    columns: ['keys', 'R', 'pairs scored', 'true error', 'certificate'],
    rows: cells.map(({ kind, R, share, error, certificate }) => [
      ...[kind, R, share.toFixed(3), small(error), small(certificate)],
    ]),
    note: NOTE_CACHE,
  };
}

const NOTE_CACHE =
  'Bounds of pairs of boxes are loose in 16 dimensions: on Gaussian keys nothing is skipped, however peaked the softmax, ' +
  'and what is skipped weighs far less than η allows. The cache pays where blocks are alike (clusters as long as blocks) ' +
  'or few keys are large. Order `clustered`: 16 clusters of about 24 tokens, one after the other.';
