import { multiplyRows, type MultiplyRows } from '../src/core/multiply-rows.js';
import { randomStream } from '../src/core/random.js';
import { compressRows, multiplySparse, sparseBytes, type SparseMatrix } from '../src/core/sparse-matrix.js';
import { multiplyOf } from '../workers/multiply.js';
import { medians, noted, type Finding, type Measurement } from './measure.js';

const RATIOS = [0.5, 0.8, 0.9, 0.95];
const WIDTHS = [64, 128, 512]; // of the model in data/models: 128 inputs; its columns are 64
const ROWS = [1, 32]; // a token, a prompt
const REPEATS = 20; // products a turn: one alone is too short for the clock
const ROUNDS = 41;

/** Projections of pruned weights, dense and without their zeros; all arms must give the same bits. */
export const sparseProject: Measurement = {
  name: 'sparse-project',
  moves: `x · W, W (m × m), dense 4·m² bytes, sparse 6 bytes an entry and 4 a row; ${REPEATS} products a turn`,
  async run() {
    const findings: Finding[] = [];
    for (const m of WIDTHS) for (const rows of ROWS) findings.push(...(await atSize(m, rows)));
    return findings;
  },
};

async function atSize(m: number, rows: number): Promise<readonly Finding[]> {
  const normal = randomStream(m, 'sparse-project');
  const draw = (length: number) => Float32Array.from({ length }, () => normal.gaussian());
  const x = draw(rows * m);
  const pruned = RATIOS.map((ratio) => draw(m * m).map((w) => (normal.uniform() < ratio ? 0 : w)));
  const sparse = pruned.map((w) => compressRows(w, m));
  const native = multiplyOf('native');
  const dense = (multiply: MultiplyRows, w: Float32Array) =>
    product(m * rows, (out) => multiply(x, w, out, rows));
  const arms: Record<string, () => Float32Array> = {
    ...(native === undefined ? {} : { native: dense(native, pruned[0]) }),
    reference: dense(multiplyRows, pruned[0]),
    ...Object.fromEntries(
      sparse.map((w, i) => [String(RATIOS[i]), product(m * rows, (out) => multiplySparse(x, w, out, rows))]),
    ),
  };
  pruned.forEach((w, i) =>
    sameBits(dense(multiplyRows, w)(), product(m * rows, (out) => multiplySparse(x, sparse[i], out, rows))()),
  );
  const ms = await medians(arms, { rounds: ROUNDS, warmup: 10 });
  return describe(`m = ${m}, ${rows} rows`, ms, sparse);
}

function product(length: number, work: (out: Float32Array) => void): () => Float32Array {
  const out = new Float32Array(length);
  return () => {
    for (let i = 0; i < REPEATS; i++) work(out);
    return out;
  };
}

function sameBits(a: Float32Array, b: Float32Array): void {
  const at = a.findIndex((value, i) => !Object.is(value, b[i]));
  if (at >= 0) throw new RangeError(`number ${at}: ${a[at]} dense, ${b[at]} sparse`);
}

function describe(
  where: string,
  ms: Readonly<Record<string, number>>,
  sparse: readonly SparseMatrix[],
): readonly Finding[] {
  const micros = (name: string) => noted(`${where}: ${name}`, (1000 * ms[name]) / REPEATS, 'µs');
  const others = ['native', 'reference'].filter((name) => name in ms);
  return [
    ...others.map((name) => micros(name)),
    ...RATIOS.flatMap((ratio, i) => {
      const sized = noted(
        `${where}: bytes at ${ratio}, of dense`,
        sparseBytes(sparse[i]) / (4 * sparse[i].rows * sparse[i].columns),
        '×',
      );
      const faster = others.map((name) =>
        noted(`${where}: sparse ${ratio}, against ${name}`, ms[name] / ms[String(ratio)], '× faster'),
      );
      return [sized, ...faster];
    }),
  ];
}
