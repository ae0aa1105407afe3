import { readFile } from 'node:fs/promises';
import { refuseExisting } from '../data/importers/import-files.js';
import { roundToBf16 } from '../data/weights/bf16.js';
import { writeLanguageModel } from '../data/weights/language-model.js';
import { Failure } from '../src/core/failure.js';
import { parametersOf, type LanguageModelShape } from '../src/core/language-model.js';
import { randomStream } from '../src/core/random.js';
import { createOptimiser } from '../src/lab/model/optimiser.js';
import { initialise, modelOver, parameterCount, viewsOf } from '../src/lab/model/parameters.js';
import { openThreads, type Threads } from '../workers/open-threads.js';
import { chooseSequenceKernels } from './train/kernels.js';
import { plannedSteps, type Phase } from './train/phases.js';
import type { ShardData, ShardWork } from './train/shard.task.js';

/** What to train on what, and where the model goes. */
export interface TrainRequest {
  /** A file; its bytes are the tokens. */
  readonly text: string;
  readonly output: string;
  readonly shape: Omit<LanguageModelShape, 'context' | 'vocabulary'>;
  readonly phases: readonly Phase[];
  /** Largest rate: of Muon and of Adam. */
  readonly rate: number;
  /** Share of the text, at its end, that is never trained on. */
  readonly heldOut: number;
  /** Steps between two looks at the held-out text. */
  readonly every: number;
  readonly seed: number;
  readonly threads: number;
  readonly kernel: string;
  /** Ends training early; the model is written as it is then. */
  readonly signal: AbortSignal;
  /** Told of every look. */
  onLook?(look: Look): void;
}

/** How far a training is; bits per byte. */
export interface Look {
  readonly step: number;
  /** Tokens so far. */
  readonly tokens: number;
  /** Of what was trained on since the look before, before it was trained on. */
  readonly train_bits: number;
  readonly held_out_bits: number;
  readonly seconds: number;
}

/** What a training did. */
export interface Trained {
  readonly parameters: number;
  readonly steps: number;
  readonly train_bytes: number;
  readonly held_out_bytes: number;
  readonly kernel: string;
  readonly looks: readonly Look[];
}

const SHARDS = 4; // fixed, so that sums and with them the model are the same for any number of threads
const MOST_NORM = 1; // of a gradient; a longer one is shortened to it
const LOOK_BYTES = 32_768; // of the held-out text that a look reads
const VOCABULARY = 256;

/**
 * Train a language model on the bytes of a text and write it, the whole file or none. The same request gives the same model
 * for any number of threads, on one kernel.
 *
 * @throws Failure `bad-input` for a text that is too short; `bad-weights` naming the step whose loss is no number; `exists`;
 * `bad-option`
 */
export async function trainModel(request: TrainRequest): Promise<Trained> {
  await refuseExisting(request.output);
  const { name: kernel } = chooseSequenceKernels(request.kernel);
  const context = Math.max(...request.phases.map(({ length }) => length));
  const shape: LanguageModelShape = { ...request.shape, context, vocabulary: VOCABULARY };
  const text = await readText(request, context);
  const training = openTraining(request, shape, text.all);
  try {
    const looks = await runSteps(request, training, text);
    const model = modelOver(shape, training.parameters);
    await writeLanguageModel(request.output, model, metadataOf(request), 'BF16');
    return {
      parameters: parameterCount(shape),
      steps: looks.at(-1)?.step ?? 0,
      train_bytes: text.train,
      held_out_bytes: text.all.byteLength - text.train,
      kernel,
      looks,
    };
  } finally {
    await training.threads.close();
  }
}

interface Text {
  readonly all: SharedArrayBuffer;
  /** Bytes that are trained on, from the start. */
  readonly train: number;
}

async function readText({ text, heldOut }: TrainRequest, context: number): Promise<Text> {
  const bytes = await readFile(text).catch((cause: NodeJS.ErrnoException) => {
    throw new Failure('not-found', `${text} cannot be read (${cause.code})`, 'give a text file', { cause });
  });
  const train = Math.floor(bytes.length * (1 - heldOut));
  if (train <= context || bytes.length - train <= context) {
    const what = `${text} has ${bytes.length} bytes: ${train} to train on and ${bytes.length - train} held out`;
    throw new Failure(
      'bad-input',
      what,
      `both must be more than the longest sequence, ${context}; give a longer text`,
    );
  }
  const all = new SharedArrayBuffer(bytes.length);
  new Uint8Array(all).set(bytes);
  return { all, train };
}

interface Training {
  readonly shape: LanguageModelShape;
  readonly parameters: Float32Array;
  readonly gradients: readonly Float32Array[];
  readonly threads: Threads<ShardWork, number>;
}

const root = import.meta.url.endsWith('.ts') ? '../dist/pipelines/' : './';

function openTraining(
  { threads, seed, kernel }: TrainRequest,
  shape: LanguageModelShape,
  text: SharedArrayBuffer,
): Training {
  const numbers = () =>
    new Float32Array(new SharedArrayBuffer(parameterCount(shape) * Float32Array.BYTES_PER_ELEMENT));
  const parameters = numbers();
  initialise(shape, parameters, randomStream(seed, 'initial weights'));
  const gradients = Array.from({ length: SHARDS }, numbers);
  const data: ShardData = {
    ...{ shape, kernel, text },
    parameters: parameters.buffer as SharedArrayBuffer,
    gradients: gradients.map(({ buffer }) => buffer as SharedArrayBuffer),
  };
  const task = new URL(`${root}train/shard.task.js`, import.meta.url);
  return { shape, parameters, gradients, threads: openThreads(task, threads, data) };
}

/** All steps, or those until the signal; what the looks saw. */
async function runSteps(request: TrainRequest, training: Training, text: Text): Promise<readonly Look[]> {
  const { phases, rate, seed, every, signal } = request;
  const optimiser = createOptimiser(training.shape, chooseSequenceKernels(request.kernel));
  const random = randomStream(seed, 'batches');
  const start = performance.now();
  const looks: Look[] = [];
  const last = phases.reduce((sum, { steps }) => sum + steps, 0);
  let [tokens, nats, since] = [0, 0, 0];
  for (const { step, phase, warmth } of plannedSteps(phases)) {
    const { sequences, length } = phase;
    const starts = Array.from({ length: sequences }, () => random.below(text.train - length));
    const loss = await gradientOf(training, starts, length);
    if (!Number.isFinite(loss)) throw diverged(step, loss);
    optimiser.step(training.parameters, sumOf(training, step), rate * warmth);
    tokens += sequences * length;
    since += sequences * length;
    nats += loss;
    const ends = step + 1 === last || signal.aborted;
    if (ends) roundToBf16(training.parameters); // as they are written: the last look is at what readers will see
    if (!ends && (step + 1) % every !== 0) continue;
    const look: Look = {
      ...{ step: step + 1, tokens, train_bits: nats / since / Math.LN2 },
      held_out_bits: await lossOn(training, text),
      seconds: (performance.now() - start) / 1000,
    };
    looks.push(look);
    request.onLook?.(look);
    [nats, since] = [0, 0];
    if (ends) break;
  }
  return looks;
}

/** Leave the gradient of the mean loss of a batch in the shards; returns the summed loss, in nats. */
async function gradientOf({ threads }: Training, starts: readonly number[], length: number): Promise<number> {
  const weight = 1 / (starts.length * length);
  const losses = await Promise.all(
    Array.from({ length: SHARDS }, (_, shard) => {
      const own = starts.filter((_start, i) => i % SHARDS === shard);
      return threads.run({ gradient: shard, starts: own, length, weight });
    }),
  );
  return losses.reduce((sum, loss) => sum + loss, 0);
}

/** The sum of the shards, in their order, shortened where it is too long; in the place of the first. */
function sumOf({ gradients: [sum, ...others], shape }: Training, step: number): Float32Array {
  let squares = 0;
  for (let i = 0; i < sum.length; i++) {
    for (const other of others) sum[i] += other[i];
    squares += sum[i] * sum[i];
  }
  if (!Number.isFinite(squares)) {
    const views = viewsOf(shape, sum);
    const bad = parametersOf(shape).find(({ name }) => views.get(name)!.some((x) => !Number.isFinite(x)));
    throw diverged(step, NaN, `the gradient of ${bad?.name ?? 'all parameters together'}`);
  }
  const factor = Math.min(1, MOST_NORM / Math.sqrt(squares));
  if (factor < 1) for (let i = 0; i < sum.length; i++) sum[i] *= factor;
  return sum;
}

function diverged(step: number, value: number, what = 'the loss'): Failure {
  return new Failure('bad-weights', `step ${step}: ${what} is ${value}`, 'start again with a smaller --rate');
}

/** Mean bits per byte of the start of the held-out text, in sequences as long as the context. */
async function lossOn({ shape: { context }, threads }: Training, { all, train }: Text): Promise<number> {
  const bytes = Math.min(LOOK_BYTES, all.byteLength - train - 1);
  const count = Math.floor(bytes / context);
  const starts = Array.from({ length: count }, (_, i) => train + i * context);
  const losses = await Promise.all(
    Array.from({ length: SHARDS }, (_, shard) => {
      const own = starts.filter((_start, i) => i % SHARDS === shard);
      return threads.run({ gradient: null, starts: own, length: context, weight: 0 });
    }),
  );
  return losses.reduce((sum, loss) => sum + loss, 0) / (count * context) / Math.LN2;
}

function metadataOf({ phases, rate, heldOut, seed }: TrainRequest): Record<string, string> {
  const said = phases.map(({ steps, sequences, length }) => `${steps}x${sequences}x${length}`).join(',');
  return {
    'kronflow.train.phases': said,
    'kronflow.train.rate': String(rate),
    'kronflow.train.held_out': String(heldOut),
    'kronflow.train.seed': String(seed),
  };
}
