import type { LanguageModel } from '../../../src/core/language-model.js';
import type { ReproducedTable } from '../table.js';
import type { Point } from './curve.js';
import { bits } from './numbers.js';
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

/** What pruning costs, and what caches cost a pruned model beside the dense one. */
export function prunedTables(
  pruned: readonly PrunedModel[],
  points: readonly Point[],
): readonly ReproducedTable[] {
  return [methodTable(pruned), cacheTable(points)];
}

function methodTable(pruned: readonly PrunedModel[]): ReproducedTable {
  const lost = pruned.filter(({ chosen }) => !chosen).length;
  return {
    title: 'Pruned W_Q, W_K1 and W_K2, exact attention',
    source:
      'Measured: each head’s projections pruned by themselves, as `kronflow prune` does; inputs for Wanda and SparseGPT are those of the dense model over 8 ' +
      'windows of training text. Values, output and feed-forward matrices stay dense.',
    columns: ['model', 'ratio', 'method', 'bits per byte, end of training text', 'bits per byte, held out'],
    rows: pruned.map(({ name, ratio, method, choiceBits, bits: found, chosen }) => [
      ...[name, ratio, chosen ? `${method} (chosen)` : method, choiceBits.toFixed(3), found.toFixed(3)],
    ]),
    note: `Chosen by the bits on the end of the training text; ${lost} of ${pruned.length} are not run with caches. Both columns are over a few windows only, so they are not those of the tables above.`,
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
    ({ entrant }) => entrant.plugin === 'four-cache' || (entrant.share !== null && shares.has(entrant.share)),
  );
  const keys = [
    ...new Map(kept.map(({ entrant }) => [`${entrant.name} ${entrant.share}`, entrant])).values(),
  ];
  const rows = keys.map((entrant) => [
    ...[entrant.name, entrant.share === null ? '–' : `1/${1 / entrant.share}`],
    ...ordered.map(({ key }) => {
      const found = kept.find(
        (point) =>
          point.weights.key === key &&
          point.entrant.name === entrant.name &&
          point.entrant.share === entrant.share,
      );
      return found === undefined
        ? '–'
        : `${bits(found.nll).toFixed(3)} (+${bits(found.excess).toFixed(3)})`.replace('+-', '−');
    }),
  ]);
  const head = ({ model, pruned }: (typeof ordered)[number]) =>
    pruned === null ? `${model}, dense` : `${model}, ${pruned.method} ${pruned.ratio}`;
  return {
    title: 'Caches in pruned models',
    source: 'Measured as the curves above; in brackets what is above exact attention with the same weights.',
    columns: ['cache', 'of exact', ...ordered.map(head)],
    rows,
    note: sensitivity(kept, models),
  };
}

/** Whether caches cost a pruned model more. */
function sensitivity(points: readonly Point[], models: readonly string[]): string {
  return models
    .flatMap((model) => {
      const of = (ratio: number | null) =>
        points.filter(({ weights }) => weights.model === model && (weights.pruned?.ratio ?? null) === ratio);
      return [0.5, 0.8].map((ratio) => {
        const pairs = of(ratio).flatMap((point) => {
          const dense = of(null).find(
            ({ entrant }) => entrant.name === point.entrant.name && entrant.share === point.entrant.share,
          );
          return dense === undefined || point.entrant.plugin === 'four-cache'
            ? []
            : [point.excess - dense.excess];
        });
        const more = pairs.filter((x) => x > 0).length;
        return `${model} at ratio ${ratio}: ${more} of ${pairs.length} caches cost the pruned model more than the dense one`;
      });
    })
    .join('; ')
    .concat('.');
}
