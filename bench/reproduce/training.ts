import { toMarkdown, type ReproducedTable } from './table.js';
import { BOUNDS, boundTable, DEGREES, reachTable, type BoundCell, type Reach } from './training-bound.js';
import { meeting, timeGradients, type TimedGradient } from './training-time.js';

const REACH_DEGREES = [2, 4, 8, 12, 16, 20];
const WITHIN = 0.1; // of the expected slope

/** The claims of the training paper: time against length, and error against the bound on entries (math.md 6). */
export function reproduceTraining(): {
  readonly times: readonly TimedGradient[];
  readonly bound: readonly BoundCell[];
  readonly reach: readonly Reach[];
  readonly tables: readonly ReproducedTable[];
  readonly markdown: string;
} {
  const times = timeGradients();
  const [bound, reach] = [boundTable(), reachTable(REACH_DEGREES)];
  const tables = [timesText(times), boundText(bound), reachText(reach)];
  return { times, bound, reach, tables, markdown: tables.map(toMarkdown).join('\n\n') };
}

const time = (ms: number) => ms.toPrecision(ms < 100 ? 2 : 3);

function timesText(times: readonly TimedGradient[]): ReproducedTable {
  const meet = (exact: number, fast: number) => Math.round(meeting(times[exact], times[fast]));
  return {
    title: 'Time of a gradient against length (math.md 6.2, 6.3)',
    source:
      'Measured: the loss of Definition 3.10 and its gradients by all five weights, `exactAttention` and `lowRankAttention` of ' +
      'src/lab/training in float64 on one thread, d = 4, medians of processor time over 3 rounds.',
    columns: ['gradient', 'milliseconds at n', 'slope', 'claimed'],
    rows: times.map(({ name, points, slope, expected }) => [
      ...[name, points.map(({ n, ms }) => `${n}: ${time(ms)}`).join(', ')],
      ...[slope.toFixed(2) + (Math.abs(slope - expected) > WITHIN ? ' ✗' : ''), `${expected}`],
    ]),
    note:
      `Slopes are those of log time against log n, by least squares; ✗ marks what is more than ${WITHIN} off. By their last ` +
      `points low rank is faster from n = ${meet(0, 1)} on, causal from n = ${meet(2, 3)} on. The paper has no causal gradient; ours is of the same order. ` +
      'What low rank costs at other degrees is in the last table.',
  };
}

const error = (x: number) => (x === Infinity ? 'none' : x.toExponential(0));

function boundText(cells: readonly BoundCell[]): ReproducedTable {
  const at = (entries: BoundCell['entries'], B: number) =>
    cells.filter((cell) => cell.entries === entries && cell.B === B).map((cell) => error(cell.error));
  return {
    title: 'Error of the low-rank gradient against the bound B on entries',
    source:
      'Measured: largest error of the gradients by x1, x2 and x3 over their largest entry, n = 64, d = 4.',
    columns: [
      'B',
      'B³',
      ...DEGREES.map((g) => `±B, degree ${g}`),
      ...DEGREES.map((g) => `uniform, degree ${g}`),
    ],
    rows: BOUNDS.map((B) => [B, (B ** 3).toPrecision(2), ...at('signs', B), ...at('uniform', B)]),
    note:
      'B bounds every entry of Q, K1 and K2; scores are at most B³ at the scale 1/d, and reach it where entries are ±B. An ' +
      'error of 1 is that of a gradient of zeros; `none`: weights do not sum to a positive number. Every degree has a B up to ' +
      'which its error can be neglected; a little above it the gradient is of no use.',
  };
}

function reachText(rows: readonly Reach[]): ReproducedTable {
  return {
    title: 'Where the low-rank gradient stops being useful',
    source:
      'Measured: errors as above, entries ±B, and processor times of both gradients at n = 192; the n from which low rank is faster is ' +
      'computed from these times and their powers of n, 3 and 1.',
    columns: [
      'degree',
      'monomials',
      'B at 1 %',
      'B at 10 %',
      'score B³ at 10 %',
      'faster from n',
      '(ln n)^(1/3) there',
    ],
    rows: rows.map(({ degree, monomials, onePercent, tenPercent, paysFrom }) => [
      ...[degree, monomials, onePercent.toFixed(2), tenPercent.toFixed(2), (tenPercent ** 3).toFixed(1)],
      ...[Math.ceil(paysFrom), Math.cbrt(Math.log(paysFrom)).toFixed(2)],
    ]),
    note: reachNote(rows),
  };
}

/** What is read off the first degree from 8 on and the last. */
function reachNote(rows: readonly Reach[]): string {
  const [early, late] = [rows.find(({ degree }) => degree >= 8)!, rows.at(-1)!];
  const times = (pick: (row: Reach) => number) => (pick(late) / pick(early)).toPrecision(2);
  const ratios = rows.map(({ tenPercent, paysFrom }) => tenPercent / Math.cbrt(Math.log(paysFrom)));
  const [least, most] = [Math.min(...ratios), Math.max(...ratios)].map((ratio) => ratio.toFixed(2));
  return (
    'The boundary of the paper: entries of size o((ln n)^(1/3)) have a gradient in almost linear time, and beyond it none is truly ' +
    'faster than n³ if SETH holds (Theorem 6.3, for d that grows with ln n). Such statements leave constants open; here B at 10 % ' +
    `is ${least} to ${most} times (ln n)^(1/3) at the n from which low rank pays. What makes the wall is to be seen: from degree ` +
    `${early.degree} to ${late.degree} entries may be ${times((row) => row.tenPercent)} times as large, for ` +
    `${times((row) => row.monomials)} times the monomials and ${times((row) => row.paysFrom)} times the n. The degree must grow ` +
    'with the score B³, and monomials with the d-th power of the degree: in d = 16, degree 4 alone has 4,845.'
  );
}
