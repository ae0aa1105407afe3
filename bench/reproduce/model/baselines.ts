import { exactAttention } from '../../../pipelines/perplexity/exact-attention.js';
import { predict, windowsOf, type Windows } from '../../../pipelines/perplexity/evaluate.js';
import { chooseSequenceKernels } from '../../../pipelines/train/kernels.js';
import { parametersOf, type LanguageModel } from '../../../src/core/language-model.js';
import { multiplyOf } from '../../../workers/multiply.js';
import { trainNGram, tryOrders, type NGram, type TriedOrder } from '../../../src/lab/model/n-gram.js';
import type { ReproducedTable } from '../table.js';
import { groupThousands } from '../../../src/core/format.js';
import { bits, mean, standardError } from './numbers.js';
import type { Text } from './text.js';

const MOST_ORDER = 8;

/** What a byte costs without a model: by an n-gram of the order that a part of the training text chose. */
export interface Baseline {
  readonly tried: readonly TriedOrder[];
  readonly order: number;
  readonly nGram: NGram;
}

/** Choose the order on the training text, and train on all of it. */
export function chooseNGram({ training }: Text): Baseline {
  const tried = tryOrders(training, MOST_ORDER);
  const { order } = tried.reduce((best, one) => (one.validation < best.validation ? one : best));
  return { tried, order, nGram: trainNGram(training, order) };
}

/** Bits per byte at the positions of windows; it sees no more than its window, as a model does. */
export function nGramBits(nGram: NGram, windows: Windows): number {
  return mean(nGramWindows(nGram, windows));
}

/** Bits per byte of a model without caches. */
export async function modelBits(model: LanguageModel, windows: Windows): Promise<number> {
  return mean(await modelWindows(model, windows));
}

/** Bits per byte of each window. */
function nGramWindows(nGram: NGram, { text, starts, length }: Windows): readonly number[] {
  return starts.map((start) => nGram.bitsPerByte(text, start + 1, start + length + 1, start));
}

async function modelWindows(model: LanguageModel, windows: Windows): Promise<readonly number[]> {
  const { nll } = await predict(
    model,
    windows,
    exactAttention(model.shape, chooseSequenceKernels('auto')),
    multiplyOf('native'),
  );
  const { length } = windows;
  return windows.starts.map((_, w) => bits(mean([...nll.subarray(w * length, (w + 1) * length)])));
}

/** The models beside n-grams, all on the same positions. */
export async function baselineTable(
  { tried, order, nGram }: Baseline,
  models: Readonly<Record<string, LanguageModel>>,
  { training, heldOut }: Text,
  asked: Windows,
): Promise<ReproducedTable> {
  const every = windowsOf(heldOut, asked.length);
  const rows: (string | number)[][] = [];
  for (const one of tried) {
    const model = one.order === order ? nGram : trainNGram(training, one.order);
    const chosen = one.order === order ? ' (chosen)' : '';
    const found = [nGramBits(model, every), nGramBits(model, asked)];
    rows.push([`n-gram of order ${one.order}${chosen}`, '–', one.validation.toFixed(3), ...cells(found)]);
  }
  const line = nGramWindows(nGram, every);
  const compared: string[] = [];
  for (const [name, model] of Object.entries(models)) {
    const found = await modelWindows(model, every);
    const parameters = parametersOf(model.shape).reduce((sum, { rows: r, columns }) => sum + r * columns, 0);
    rows.push([
      name,
      groupThousands(parameters),
      '–',
      ...cells([mean(found), await modelBits(model, asked)]),
    ]);
    compared.push(`${name} ${againstLine(found, line)}`);
  }
  const whole = nGram.bitsPerByte(heldOut);
  return {
    title: 'Bits per byte of held-out text, without caches',
    source:
      'Measured, in bits per byte but for the last column. The n-gram is interpolated modified Kneser-Ney over bytes (src/lab/model/n-gram.ts), trained on the first ' +
      '90 % of tiny Shakespeare; its order is chosen on the last tenth of those, by n-grams that were trained on the other nine. Models were trained on the same (data/models).',
    columns: [
      ...['', 'parameters', 'last tenth of training text', `held out, ${count(every)}`],
      ...[`those of them that caches are measured at, ${count(asked)}`, 'perplexity there'],
    ],
    rows,
    note:
      `Windows of ${asked.length} bytes; nobody looks back further than to the start of a window. The n-gram of order ${order} that looks back over ` +
      `windows has ${whole.toFixed(3)} bits. Over all ${count(every)}, against the chosen n-gram in windows: ${compared.join('; ')} (with the ` +
      'standard error of the difference over windows).',
  };
}

/** How far a model is from the n-gram in the same windows. */
function againstLine(found: readonly number[], line: readonly number[]): string {
  const ahead = found.map((own, w) => line[w] - own);
  const size = Math.abs(mean(ahead)).toFixed(3);
  return `is ${size} ± ${standardError(ahead).toFixed(3)} bits ${mean(ahead) > 0 ? 'below' : 'above'} it`;
}

const cells = ([every, asked]: readonly number[]) => [
  every.toFixed(3),
  asked.toFixed(3),
  (2 ** asked).toFixed(3),
];
const count = ({ starts, length }: Windows) => `${groupThousands(starts.length * length)} positions`;
