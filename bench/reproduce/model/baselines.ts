import { exactAttention } from '../../../pipelines/perplexity/exact-attention.js';
import { predict, windowsOf, type Windows } from '../../../pipelines/perplexity/evaluate.js';
import { chooseSequenceKernels } from '../../../pipelines/train/kernels.js';
import { parametersOf, type LanguageModel } from '../../../src/core/language-model.js';
import { multiplyOf } from '../../../workers/multiply.js';
import { trainNGram, tryOrders, type NGram, type TriedOrder } from '../../../src/lab/model/n-gram.js';
import type { ReproducedTable } from '../table.js';
import { bits, mean } from './numbers.js';
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
export function nGramBits(nGram: NGram, { text, starts, length }: Windows): number {
  return mean(starts.map((start) => nGram.bitsPerByte(text, start + 1, start + length + 1, start)));
}

/** Bits per byte of a model without caches. */
export async function modelBits(model: LanguageModel, windows: Windows): Promise<number> {
  const { nll } = await predict(
    model,
    windows,
    exactAttention(model.shape, chooseSequenceKernels('auto')),
    multiplyOf('native'),
  );
  return bits(mean([...nll]));
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
  const best: number[] = [];
  for (const [name, model] of Object.entries(models)) {
    const found = [await modelBits(model, every), await modelBits(model, asked)];
    best.push(found[0]);
    const parameters = parametersOf(model.shape).reduce((sum, { rows: r, columns }) => sum + r * columns, 0);
    rows.push([name, parameters, '–', ...cells(found)]);
  }
  const line = nGramBits(nGram, every);
  const whole = nGram.bitsPerByte(heldOut);
  const compared = Object.keys(models).map((name, i) => {
    const ahead = line - best[i];
    return `${name} is ${Math.abs(ahead).toFixed(3)} bits ${ahead > 0 ? 'below' : 'above'} it`;
  });
  return {
    title: 'Bits per byte of held-out text, without caches',
    source:
      'Measured. The n-gram is interpolated modified Kneser-Ney over bytes (src/lab/model/n-gram.ts), trained on the first 90 % of tiny ' +
      'Shakespeare; its order is chosen on the last tenth of those. Models were trained on the same (data/models).',
    columns: [
      ...['', 'parameters', 'last tenth of training text', `held out, ${count(every)}`],
      ...[`of these the ${count(asked)} below`, 'perplexity there'],
    ],
    rows,
    note:
      `Windows of ${asked.length} bytes; nobody looks back further than to the start of a window. The n-gram of order ${order} that looks back over ` +
      `windows has ${whole.toFixed(3)} bits. Against the chosen n-gram in windows: ${compared.join('; ')}.`,
  };
}

const cells = ([every, asked]: readonly number[]) => [
  every.toFixed(3),
  asked.toFixed(3),
  (2 ** asked).toFixed(3),
];
const count = ({ starts, length }: Windows) => `${starts.length * length} positions`;
