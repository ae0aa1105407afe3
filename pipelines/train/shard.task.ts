import type { LanguageModelShape } from '../../src/core/language-model.js';
import { backward } from '../../src/lab/model/backward.js';
import { crossEntropy, type SoftTargets } from '../../src/lab/model/cross-entropy.js';
import { leaveOneOutTargets } from '../../src/lab/model/n-gram-targets.js';
import { createDropout } from '../../src/lab/model/dropout.js';
import { forward } from '../../src/lab/model/forward.js';
import { modelOver } from '../../src/lab/model/parameters.js';
import { reusedScratch } from '../../src/lab/model/scratch.js';
import { threadData } from '../../workers/open-threads.js';
import { chooseSequenceKernels } from './kernels.js';

/** What all threads of a training share. */
export interface ShardData {
  readonly shape: LanguageModelShape;
  readonly kernel: string;
  /** Share of numbers that training leaves out. */
  readonly dropout: number;
  /** Share of every target that an n-gram of the training text gives. */
  readonly smoothing: number;
  /** Bytes of the text, from its start, that are trained on. */
  readonly train: number;
  /** Bytes. */
  readonly text: SharedArrayBuffer;
  /** All parameters, float32. */
  readonly parameters: SharedArrayBuffer;
  /** One gradient per shard, float32. */
  readonly gradients: readonly SharedArrayBuffer[];
}

/** Sequences of a batch that belong together: their gradients are summed in this order, whichever thread takes them. */
export interface ShardWork {
  /** Null: only the loss. */
  readonly gradient: number | null;
  /** Where each sequence starts in the text. */
  readonly starts: readonly number[];
  /** Tokens of each that predict the next. */
  readonly length: number;
  /** Factor on the gradient. */
  readonly weight: number;
  /** Of dropout; with where a sequence starts it says what is left out. */
  readonly seed: number;
}

const SMOOTHING_ORDER = 7; // of the n-gram: tokens, the one it expects among them

const {
  shape,
  kernel,
  dropout: rate,
  smoothing,
  train,
  text,
  parameters,
  gradients,
} = threadData<ShardData>();
const bytes = new Uint8Array(text);
const model = modelOver(shape, new Float32Array(parameters));
const kernels = chooseSequenceKernels(kernel);
const scratch = reusedScratch();
const teacher = smoothing === 0 ? null : leaveOneOutTargets(bytes.subarray(0, train), SMOOTHING_ORDER);

/** Negative log likelihood, in nats, summed over all tokens; the gradient is left where the work says. */
export default function runShard({ gradient, starts, length, weight, seed }: ShardWork): number {
  const into = gradient === null ? null : new Float32Array(gradients[gradient]);
  into?.fill(0);
  let sum = 0;
  for (const start of starts) {
    scratch.reset();
    const dropout = into === null || rate === 0 ? null : createDropout(rate, seed ^ start);
    const pass = forward(model, bytes.subarray(start, start + length), { kernels, scratch, dropout });
    const soft = into === null ? null : softTargets(start + 1);
    const losses = crossEntropy(pass.logits, bytes.subarray(start + 1, start + length + 1), weight, soft);
    sum += losses.reduce((all, loss) => all + loss, 0);
    if (into !== null) backward(model, pass, modelOver(shape, into), { kernels, scratch });
  }
  return sum;
}

/** What stands at `first` and after it, by the n-gram. */
function softTargets(first: number): SoftTargets | null {
  return teacher && { share: smoothing, fill: (row, into) => teacher.fill(first + row, into) };
}
