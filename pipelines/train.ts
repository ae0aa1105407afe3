import { rm } from 'node:fs/promises';
import { refuseExisting } from '../data/importers/import-files.js';
import { createOutFile } from '../data/sinks/out-file.js';
import { roundToBf16 } from '../data/weights/bf16.js';
import { writeLanguageModel } from '../data/weights/language-model.js';
import { Failure } from '../src/core/failure.js';
import type { LanguageModelShape } from '../src/core/language-model.js';
import { randomStream } from '../src/core/random.js';
import { createOptimiser } from '../src/lab/model/optimiser.js';
import { initialise, modelOver, parameterCount } from '../src/lab/model/parameters.js';
import { chooseSequenceKernels } from './train/kernels.js';
import { describePhases, plannedSteps, type Phase } from './train/phases.js';
import { openShards, type Shards } from './train/shards.js';
import { readTrainingText, type TrainingText } from './train/training-text.js';

/** What to train on what, and where the model goes. */
export interface TrainRequest {
  /** A file; its bytes are the tokens. */
  readonly text: string;
  readonly output: string;
  /** The context is as long as the longest sequence. */
  readonly shape: Omit<LanguageModelShape, 'context' | 'vocabulary'>;
  readonly phases: readonly Phase[];
  /** Largest rate, of Muon and of Adam. */
  readonly rate: number;
  /** Share of numbers that training leaves out at random. */
  readonly dropout: number;
  /** Share of every target that an n-gram of the rest of the training text gives, in place of the next byte (Malagutti et al. 2024). */
  readonly smoothing: number;
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
  /** Of what was trained on since the look before, each batch before it was trained on, and with dropout. */
  readonly train_bits: number;
  /** Of the first 32 KiB of the held-out text, in sequences as long as the context. */
  readonly held_out_bits: number;
  readonly seconds: number;
}

/** What a training did. */
export interface Trained {
  readonly parameters: number;
  readonly train_bytes: number;
  readonly held_out_bytes: number;
  readonly kernel: string;
  readonly text_sha256: string;
  readonly looks: readonly Look[];
}

const LOOK_BYTES = 32_768;
const MOST_SMOOTHED = 8 * 2 ** 20; // bytes: an n-gram of 1 MB takes 0.2 GB in every thread, and a map ends at 2²⁴ contexts
const VOCABULARY = 256;

/**
 * Train a language model on the bytes of a text and write it in bfloat16, the whole file or none. The same request gives the
 * same model for any number of threads, on one kernel and one version of Node. At every look the model as it is then goes to
 * `output` with `.partial` behind it, which goes when the training ends: what ends it before its time loses no more than the
 * steps since. It is a model, but nothing to train on from.
 *
 * @throws Failure `bad-input` for a text that is too short; `bad-weights` naming the step at which numbers ended; `exists`;
 * `bad-option`
 */
export async function trainModel(request: TrainRequest): Promise<Trained> {
  const partial = `${request.output}.partial`;
  await refuseUnwritable(request.output);
  await refusePartial(partial);
  const kernels = chooseSequenceKernels(request.kernel);
  const context = Math.max(...request.phases.map(({ length }) => length));
  const shape: LanguageModelShape = { ...request.shape, context, vocabulary: VOCABULARY };
  const text = await readTrainingText(request.text, request.heldOut, context);
  refuseLongSmoothed(request, text);
  const shards = openShards(shape, text.all, { ...request, train: text.train, kernel: kernels.kind });
  try {
    initialise(shape, shards.parameters, randomStream(request.seed, 'initial weights'));
    const optimiser = createOptimiser(shape, kernels);
    const model = modelOver(shape, shards.parameters);
    const write = (path: string, step: number) =>
      writeLanguageModel(path, model, metadataOf(request, step, text), 'BF16');
    const looks = await keeping(partial, write, (keep) =>
      runSteps(request, shards, text, {
        move: (gradient, rate) => optimiser.step(shards.parameters, gradient, rate),
        keep,
      }),
    );
    await write(request.output, looks.at(-1)!.step);
    await rm(partial, { force: true });
    return {
      parameters: parameterCount(shape),
      train_bytes: text.train,
      held_out_bytes: text.all.byteLength - text.train,
      ...{ kernel: kernels.name, text_sha256: text.sha256, looks },
    };
  } finally {
    await shards.close();
  }
}

async function refusePartial(path: string): Promise<void> {
  await refuseExisting(path).catch((error: Failure) => {
    const hint = 'run it, or give it another name to keep it; else remove it';
    throw new Failure(error.code, `${path} is what a training that was stopped had learnt`, hint);
  });
}

/** Let `work` keep the model of a step in a file, and say of a failure where the last one is. */
async function keeping<T>(
  path: string,
  write: (path: string, step: number) => Promise<unknown>,
  work: (keep: (step: number) => Promise<void>) => Promise<T>,
): Promise<T> {
  let kept: number | null = null;
  try {
    return await work(async (step) => {
      await write(path, step);
      kept = step;
    });
  } catch (error) {
    if (!(error instanceof Failure) || kept === null) throw error;
    const hint = `${error.hint}; the model of step ${String(kept)} is in ${path}`;
    throw new Failure(error.code, error.what, hint, { cause: error });
  }
}

/** What a training does with a gradient, and with the model at a look. */
interface Doing {
  move(gradient: Float32Array, rate: number): void;
  keep(step: number): Promise<void>;
}

/** All steps, or those until the signal; what the looks saw. */
async function runSteps(
  { phases, rate, seed, every, signal, onLook }: TrainRequest,
  shards: Shards,
  text: TrainingText,
  { move, keep }: Doing,
): Promise<readonly Look[]> {
  const random = randomStream(seed, 'batches');
  const context = Math.max(...phases.map(({ length }) => length));
  const start = performance.now();
  const looks: Look[] = [];
  let [tokens, nats, since] = [0, 0, 0];
  for (const { step, phase, warmth, last } of plannedSteps(phases)) {
    const { sequences, length } = phase;
    const starts = Array.from({ length: sequences }, () => random.below(text.train - length));
    const { loss, gradient } = await shards.gradient(step, starts, length);
    move(gradient, rate * warmth);
    tokens += sequences * length;
    since += sequences * length;
    nats += loss;
    const ends = last || signal.aborted;
    if (ends) roundToBf16(shards.parameters); // as they are written: the last look is at what readers will see
    if (!ends && (step + 1) % every !== 0) continue;
    const look: Look = {
      ...{ step: step + 1, tokens, train_bits: nats / since / Math.LN2 },
      held_out_bits: await heldOutBits(shards, text, context),
      seconds: (performance.now() - start) / 1000,
    };
    looks.push(look);
    if (!ends) await keep(look.step);
    onLook?.(look);
    [nats, since] = [0, 0];
    if (ends) break;
  }
  return looks;
}

function refuseLongSmoothed({ smoothing, text }: TrainRequest, { train }: TrainingText): void {
  if (smoothing === 0 || train <= MOST_SMOOTHED) return;
  const what = `${text}: ${train} bytes to train on are too many for an n-gram, at most ${MOST_SMOOTHED}`;
  throw new Failure('bad-option', what, 'give --smoothing 0, or a shorter text');
}

/** Look that it can be written, before hours of work. @throws Failure `exists`, `not-writable` or `disk-full` */
export async function refuseUnwritable(path: string): Promise<void> {
  await refuseExisting(path);
  await (await createOutFile(path)).abort();
}

async function heldOutBits(shards: Shards, { all, train }: TrainingText, context: number): Promise<number> {
  const count = Math.floor(Math.min(LOOK_BYTES, all.byteLength - train - 1) / context);
  const starts = Array.from({ length: count }, (_, i) => train + i * context);
  return (await shards.loss(starts, context)) / (count * context) / Math.LN2;
}

function metadataOf(
  { phases, rate, dropout, smoothing, heldOut, seed }: TrainRequest,
  step: number,
  { sha256 }: TrainingText,
): Record<string, string> {
  const planned = phases.reduce((sum, { steps }) => sum + steps, 0);
  const said = {
    phases: describePhases(phases),
    rate,
    dropout,
    smoothing,
    held_out: heldOut,
    seed,
    steps: step,
    ...(step < planned ? { planned_steps: planned } : {}),
    text_sha256: sha256,
  };
  return Object.fromEntries(
    Object.entries(said).map(([key, value]) => [`kronflow.train.${key}`, String(value)]),
  );
}
