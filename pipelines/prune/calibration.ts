import { inspectRecording } from '../../data/sources/inspect-recording.js';
import { recordingSource } from '../../data/sources/recording.js';
import type { LayerRows, RecordedStep } from '../../src/core/event.js';
import { Failure } from '../../src/core/failure.js';
import type { ModelShape } from '../../src/core/shape.js';
import type { ProjectionWeights } from '../../src/core/weights.js';
import { cholesky, solveCholesky } from '../../src/lab/cholesky.js';
import { matrixOf, multiply, multiplyTranspose, type DenseMatrix } from '../../src/lab/matrix.js';

/** The first tokens of one stream of a recording. */
export interface Calibration {
  readonly path: string;
  readonly shape: ModelShape;
  readonly streamId: number;
  readonly tokens: number;
  /** Added to every number of these by the model that was recorded. */
  readonly bias: { readonly k2: number; readonly v2: number };
  /** Rows of a layer, (tokens × heads·d). */
  rows(layer: number, part: Part): DenseMatrix;
}

/** What is recorded of a layer. */
export type Part = 'q' | 'k1' | 'k2' | 'v1' | 'v2';

/**
 * Read up to `tokens` steps of one stream; null: the first stream in the file.
 *
 * @throws Failure `bad-input` when there are fewer than two; and as the recording source
 */
export async function readCalibration(
  path: string,
  { tokens, streamId }: { readonly tokens: number; readonly streamId: number | null },
): Promise<Calibration> {
  const { shape, told } = await inspectRecording(path);
  if (shape === null)
    throw new Failure('bad-input', `${path}: it is no recording`, 'make one with `kronflow record`');
  const steps: RecordedStep[] = [];
  async function* nothing(): AsyncGenerator<Uint8Array> {}
  const source = recordingSource({ path })({ seed: 0, stdin: nothing() });
  for await (const step of source.open() as AsyncIterable<RecordedStep>) {
    if (step.streamId !== (streamId ?? steps[0]?.streamId ?? step.streamId)) continue;
    if (steps.push(step) === tokens) break;
  }
  if (steps.length < 2) {
    const which = streamId === null ? 'its first stream' : `stream ${streamId}`;
    throw new Failure(
      'bad-input',
      `${path}: ${which} has ${steps.length} steps; attention needs 2 or more`,
      'record more tokens, or name another --stream',
    );
  }
  return {
    ...{ path, tokens: steps.length, streamId: steps[0].streamId },
    shape: { ...shape, scale: shape.scale ?? 1 },
    bias: { k2: numberOr0(told.k2_bias), v2: numberOr0(told.v2_bias) },
    rows: (layer, part) =>
      stack(steps.map(({ layers }) => layers[layer][part as keyof LayerRows] as Float32Array)),
  };
}

const numberOr0 = (said: unknown) => (typeof said === 'number' ? said : 0);

function stack(rows: readonly Float32Array[]): DenseMatrix {
  return matrixOf(rows.length, rows[0].length, (i, j) => rows[i][j]);
}

/** Float32 rows leave about 1e-7, bfloat16 ones 4e-3; those of another model leave most of what they are. */
const UNEXPLAINED = 5e-3;

/** Weights that a recording was made with, and what is known of their inputs. */
export interface RecordedWeights {
  readonly weights: ProjectionWeights;
  readonly path: string;
  readonly dModel: number;
  /** Whether they have mean 0, as a layer norm leaves them. */
  readonly isCentred: boolean;
}

/**
 * The inputs X of a layer, (tokens × dModel). No recording holds them, but it holds X·W for all projections W side by side,
 * wider than X: least squares gives X back, and says whether these weights made the recording. Training leaves weights that
 * hardly tell the mean of their input, where a layer norm makes it 0: then that is one more equation.
 *
 * @throws Failure `bad-input` when they did not; `bad-weights` when W does not determine X
 */
export function layerInputs(calibration: Calibration, layer: number, known: RecordedWeights): DenseMatrix {
  const { path, dModel } = known;
  const [w, seen] = equations(calibration, layer, known);
  const factor = dModel < w.columns ? cholesky(multiplyTranspose(w, w)) : null;
  if (factor === null) {
    throw new Failure(
      'bad-weights',
      `${path}: layer ${layer}: its projections, ${dModel} × ${w.columns} together, do not determine the inputs they were given`,
      'calibration solves for them: together they need more columns than rows, and full rank',
    );
  }
  const x = transposed(solveCholesky(factor, multiplyTranspose(w, seen)));
  const unexplained = relativeDistance(seen, multiply(x, w));
  if (unexplained <= UNEXPLAINED) return x;
  throw new Failure(
    'bad-input',
    `${calibration.path}: layer ${layer} is of another model than ${path}: no inputs explain ` +
      `${Number((100 * unexplained).toPrecision(2))} % of its q, keys and values`,
    'record with these weights (`kronflow record`), without --score-std, and before rotary positions',
  );
}

/** W and X·W: what is known of X. */
function equations(
  calibration: Calibration,
  layer: number,
  { weights, dModel, isCentred }: RecordedWeights,
): readonly [DenseMatrix, DenseMatrix] {
  const { heads, d, order } = calibration.shape;
  const width = heads * d;
  const parts: readonly Part[] = order === 'tensor' ? ['q', 'k1', 'k2', 'v1', 'v2'] : ['q', 'k1', 'v1'];
  const w = parts.map((part) => matrixOf(dModel, width, (i, j) => weights[part]![i * width + j]));
  const seen = parts.map((part) => {
    const rows = calibration.rows(layer, part);
    const bias = part === 'k2' || part === 'v2' ? calibration.bias[part] : 0;
    return bias === 0 ? rows : { ...rows, data: rows.data.map((y) => y - bias) };
  });
  if (!isCentred) return [beside(w), beside(seen)];
  const [ones, zeros] = [matrixOf(dModel, 1, () => 1), matrixOf(calibration.tokens, 1, () => 0)];
  return [beside([...w, ones]), beside([...seen, zeros])];
}

/** Matrices of equally many rows, side by side. */
function beside(parts: readonly DenseMatrix[]): DenseMatrix {
  const owners = parts.flatMap((part) => Array.from({ length: part.columns }, (_, j) => [part, j] as const));
  return matrixOf(parts[0].rows, owners.length, (i, at) => {
    const [{ columns, data }, j] = owners[at];
    return data[i * columns + j];
  });
}

function transposed({ rows, columns, data }: DenseMatrix): DenseMatrix {
  return matrixOf(columns, rows, (i, j) => data[j * columns + i]);
}

/** |a − b|/|a|; 0 where both are zeros. */
function relativeDistance(a: DenseMatrix, b: DenseMatrix): number {
  const size = Math.sqrt(a.data.reduce((sum, x) => sum + x * x, 0));
  const distance = Math.sqrt(a.data.reduce((sum, x, i) => sum + (x - b.data[i]) ** 2, 0));
  return distance === 0 ? 0 : distance / size;
}
