import { parametersOf, type LanguageModelShape } from '../../src/core/language-model.js';
import { Failure } from '../../src/core/failure.js';
import { parameterCount, viewsOf } from '../../src/lab/model/parameters.js';
import { openThreads } from '../../workers/open-threads.js';
import type { ShardData, ShardWork } from './shard.task.js';

const SHARDS = 4; // fixed, so that sums and with them the model are the same for any number of threads
const MOST_NORM = 1; // of a gradient; a longer one is shortened to it

/** Losses and gradients of one model, by threads that share its parameters. */
export interface Shards {
  /** All parameters, to be moved between two calls. */
  readonly parameters: Float32Array;
  /** Negative log likelihood, in nats, summed over `length` tokens from each start. */
  loss(starts: readonly number[], length: number): Promise<number>;
  /**
   * The same, and the gradient of the mean loss, shortened to length 1 where it is longer; good until the next call.
   * @throws Failure `bad-weights` naming the step and the parameter that is no number any more
   */
  gradient(step: number, starts: readonly number[], length: number): Promise<LossAndGradient>;
  close(): Promise<void>;
}

/** What a batch brings. */
export interface LossAndGradient {
  readonly loss: number;
  readonly gradient: Float32Array;
}

const root = import.meta.url.endsWith('.ts') ? '../../dist/pipelines/train/' : './';

/** Start threads for a model of this shape whose parameters are zeros. */
export function openShards(
  shape: LanguageModelShape,
  text: SharedArrayBuffer,
  {
    threads,
    kernel,
    dropout,
    smoothing,
    train,
  }: Omit<ShardData, 'shape' | 'text' | 'parameters' | 'gradients'> & { readonly threads: number },
): Shards {
  const numbers = () =>
    new Float32Array(new SharedArrayBuffer(parameterCount(shape) * Float32Array.BYTES_PER_ELEMENT));
  const parameters = numbers();
  const gradients = Array.from({ length: SHARDS }, numbers);
  const data: ShardData = {
    ...{ shape, kernel, dropout, smoothing, train, text },
    parameters: parameters.buffer as SharedArrayBuffer,
    gradients: gradients.map(({ buffer }) => buffer as SharedArrayBuffer),
  };
  const task = new URL(`${root}shard.task.js`, import.meta.url);
  const pool = openThreads<ShardWork, number>(task, Math.min(threads, SHARDS), data);
  const run = async (starts: readonly number[], length: number, step: number | null) => {
    const weight = 1 / (starts.length * length);
    const losses = Array.from({ length: SHARDS }, (_, shard) => {
      const own = starts.filter((_start, i) => i % SHARDS === shard);
      const seed = Math.imul((step ?? 0) + 1, 0x9e3779b1); // steps far apart
      return pool.run({ gradient: step === null ? null : shard, starts: own, length, weight, seed });
    });
    return (await Promise.all(losses)).reduce((sum, loss) => sum + loss, 0);
  };
  return {
    parameters,
    loss: (starts, length) => run(starts, length, null),
    async gradient(step, starts, length) {
      const loss = await run(starts, length, step);
      if (!Number.isFinite(loss)) throw diverged(step, 'the loss', loss);
      return { loss, gradient: sumOf(gradients, shape, step) };
    },
    close: () => pool.close(),
  };
}

/** The sum of all gradients in their order, in the place of the first. */
function sumOf(
  [sum, ...others]: readonly Float32Array[],
  shape: LanguageModelShape,
  step: number,
): Float32Array {
  let squares = 0;
  for (let i = 0; i < sum.length; i++) {
    for (const other of others) sum[i] += other[i];
    squares += sum[i] * sum[i];
  }
  if (!Number.isFinite(squares)) throw badGradient(sum, shape, step);
  const factor = Math.min(1, MOST_NORM / Math.sqrt(squares));
  if (factor < 1) for (let i = 0; i < sum.length; i++) sum[i] *= factor;
  return sum;
}

function badGradient(gradient: Float32Array, shape: LanguageModelShape, step: number): Failure {
  const views = viewsOf(shape, gradient);
  for (const { name } of parametersOf(shape)) {
    const value = views.get(name)!.find((x) => !Number.isFinite(x));
    if (value !== undefined) return diverged(step, `the gradient of ${name}`, value);
  }
  throw new RangeError('squares of finite float32 numbers have no infinite sum');
}

function diverged(step: number, what: string, value: number): Failure {
  return new Failure('bad-weights', `step ${step}: ${what} is ${value}`, 'start again with a smaller --rate');
}
