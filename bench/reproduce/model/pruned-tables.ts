import { groupThousands } from '../../../src/core/format.js';
import type { LanguageModel } from '../../../src/core/language-model.js';
import type { ReproducedTable } from '../table.js';
import type { Point } from './curve.js';
import { bits, signed } from './numbers.js';
import type { Method } from './pruned.js';

/** A model with a share of its weights set to 0, and what it costs with exact attention. */
export interface PrunedModel {
  /** Of model, method and ratio. */
  readonly key: string;
  readonly name: string;
  readonly method: Method;
  readonly ratio: number;
  readonly model: LanguageModel;
  /** Bits per byte on training text that no method looked at, by which the method is chosen, and on held-out text. */
  readonly choiceBits: number;
  readonly bits: number;
  readonly chosen: boolean;
}

/** A model as it is, over the same text. */
export interface DenseModel {
  readonly name: string;
  readonly choiceBits: number;
  readonly bits: number;
  /** Positions of each text. */
  readonly positions: number;
}

/** What pruning costs, and what caches cost a pruned model beside the dense one. */
export function prunedTables(
  pruned: readonly PrunedModel[],
  dense: readonly DenseModel[],
  points: readonly Point[],
): readonly ReproducedTable[] {
  return [methodTable(pruned, dense), cacheTable(points)];
}

function methodTable(pruned: readonly PrunedModel[], dense: readonly DenseModel[]): ReproducedTable {
  const lost = pruned.filter(({ chosen }) => !chosen).length;
  return {
    title: 'Pruned W_Q, W_K1 and W_K2, exact attention',
    source:
      'Measured: each head’s projections pruned by themselves, as `kronflow prune` does; inputs for Wanda and SparseGPT are those of the dense model over 8 ' +
      'windows of training text. Values, output and feed-forward matrices stay dense. Ratio: share of the weights of those matrices that are 0.',
    columns: ['model', 'ratio', 'method', 'bits per byte, end of training text', 'bits per byte, held out'],
    rows: dense.flatMap((one) => [
      [one.name, '–', 'dense', one.choiceBits.toFixed(3), one.bits.toFixed(3)],
      ...pruned
        .filter(({ name }) => name === one.name)
        .map(({ name, ratio, method, choiceBits, bits: found, chosen }) => [
          ...[name, ratio, chosen ? `${method} (chosen)` : method, choiceBits.toFixed(3), found.toFixed(3)],
        ]),
    ]),
    note:
      `Chosen for each model and ratio by the bits on the end of the training text; the ${lost} others of ${pruned.length} are not run with caches. Each column is over ` +
      `${groupThousands(dense[0].positions)} positions, fewer than in the tables above, so that only differences within a column say something.`,
  };
}

function cacheTable(points: readonly Point[]): ReproducedTable {
  const weights = [...new Map(points.map((point) => [point.weights.key, point.weights])).values()];
  const models = [...new Set(weights.map(({ model }) => model))];
  const ordered = models.flatMap((model) => weights.filter((one) => one.model === model));
  const shares = new Set(
    points.filter((point) => point.weights.pruned !== null).map(({ entrant }) => entrant.share),
  );
  const kept = points.filter(
    ({ entrant }) =>
      entrant.plugin === 'four-cache' ||
      (entrant.share !== null && shares.has(entrant.share) && entrant.plugin !== 'oracle-top-k'),
  );
  const keys = [
    ...new Map(kept.map(({ entrant }) => [`${entrant.name} ${entrant.share}`, entrant])).values(),
  ].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : (a.share ?? 1) - (b.share ?? 1)));
  const rows = keys.map((entrant) => [
    ...[entrant.name, entrant.share === null ? '–' : `1/${1 / entrant.share}`],
    ...ordered.map(({ key }) => {
      const found = kept.find(
        (point) =>
          point.weights.key === key &&
          point.entrant.name === entrant.name &&
          point.entrant.share === entrant.share,
      );
      return found === undefined ? '–' : `${bits(found.nll).toFixed(3)} (${signed(bits(found.excess))})`;
    }),
  ]);
  const head = ({ model, pruned }: (typeof ordered)[number]) =>
    pruned === null ? `${model}, dense` : `${model}, ${pruned.method} ${pruned.ratio}`;
  return {
    title: 'Caches in pruned models',
    source:
      'Bits per byte, measured as the curves above at the same positions; in brackets what is above exact attention with the same weights, which is the row four-cache.',
    columns: ['cache', 'budget, of exact', ...ordered.map(head)],
    rows,
    note: sensitivity(kept, models),
  };
}

/** Whether caches cost a pruned model more. */
function sensitivity(points: readonly Point[], models: readonly string[]): string {
  const of = (model: string, ratio: number | null) =>
    points.filter(({ weights }) => weights.model === model && (weights.pruned?.ratio ?? null) === ratio);
  const ratios = [...new Set(points.flatMap(({ weights }) => weights.pruned?.ratio ?? []))];
  const said = models.flatMap((model) =>
    ratios.map((ratio) => {
      const dense = of(model, null);
      const pairs = of(model, ratio).flatMap((pruned) => {
        const { name, share, plugin } = pruned.entrant;
        const own = dense.find(({ entrant }) => entrant.name === name && entrant.share === share);
        return own === undefined || plugin === 'four-cache' ? [] : [differenceOf(pruned, own)];
      });
      const count = (wanted: number) => pairs.filter((sign) => sign === wanted).length;
      return `${model} at ratio ${ratio}: more in ${count(1)}, less in ${count(-1)} of ${pairs.length}`;
    }),
  );
  return `How often a cache at a budget takes clearly more from the pruned model than from the dense one (what is in brackets, by more than twice the standard error of both): ${said.join('; ')}.`;
}

/** 1: the first costs clearly more above its own exact attention; −1: clearly less; 0: neither. */
function differenceOf(a: Point, b: Point): number {
  const difference = a.excess - b.excess;
  return Math.abs(difference) > 2 * Math.hypot(a.excessError, b.excessError) ? Math.sign(difference) : 0;
}
