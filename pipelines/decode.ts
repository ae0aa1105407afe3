import { concatMap, from, identity, map, of, tap, type Observable, type OperatorFunction } from 'rxjs';
import { accountMemory } from '../operators/account-memory.js';
import { addResidual, driverOf } from '../operators/add-residual.js';
import { attend } from '../operators/attend.js';
import { certify } from '../operators/certify.js';
import { capture } from '../operators/capture.js';
import { choose, type ChooseOptions } from '../operators/choose.js';
import { compare, type CompareOptions } from '../operators/compare.js';
import { embed, type EmbedOptions } from '../operators/embed.js';
import { embedTokens } from '../operators/embed-tokens.js';
import { feedForward } from '../operators/feed-forward.js';
import { journal } from '../operators/journal.js';
import { layerNorm } from '../operators/layer-norm.js';
import { loadRows } from '../operators/load-rows.js';
import { mergePull } from '../operators/merge-pull.js';
import { predict } from '../operators/predict.js';
import { project } from '../operators/project.js';
import { record, type RecordOptions } from '../operators/record.js';
import { releaseWindows } from '../operators/release-windows.js';
import { sparsity, type SparsityOptions } from '../operators/sparsity.js';
import { updateCaches } from '../operators/update-caches.js';
import { topKMass } from '../src/bounds/top-k-mass.js';
import type { HasQkv, HasResidual, HasRows, RecordedStep, TokenEvent } from '../src/core/event.js';
import type { LanguageModel } from '../src/core/language-model.js';
import type { Run } from '../src/core/run.js';
import type { StoredProjection } from '../src/core/weights.js';
import { placed, type StartedOperator } from './plugins/place-operators.js';
import { promptGroups } from './prompt-groups.js';

/** What every pipeline that decodes needs to know. */
export interface FlowOptions extends RecordOptions {
  readonly reference: CompareOptions['reference'];
  readonly recall: number;
  readonly sparsity: Omit<SparsityOptions, 'topKMass'> | null;
  /** Also write the rows q, k1, k2, v1, v2. */
  readonly recording: boolean;
  /** Operators of users, each after its place, in this order. */
  readonly operators?: readonly StartedOperator[];
}

/** What decoding tokens needs besides. */
export interface DecodeOptions extends FlowOptions, EmbedOptions {
  /** One per layer. */
  readonly weights: readonly StoredProjection[];
  /** Whose output goes into the next layer: `exact` or the label of a cache; see `addResidual`. */
  readonly drive?: string | undefined;
  /** The language model that the weights are of: then its embedding, its other matrices and its prediction are in the flow. */
  readonly model?: LanguageModel | null;
  /** Streams come one after the other: the memory of one is given back when the next begins. */
  readonly windows?: boolean;
  /** Choose the token that comes next, and tell it before the next is pulled. */
  readonly generate?: (ChooseOptions & { chosen(tokenId: number): void }) | null;
}

/**
 * Decode tokens: embed → (norm → project → caches → attend → compare → memory → record → residual) per layer →
 * journal, once a step. A language model embeds by its tables, has a feed-forward part in every layer, and predicts.
 * The next token is pulled only when the journal has taken the rows of this one; those of a prompt come in groups, which the
 * first layer projects together (`promptGroups`). From its caches on every token goes alone: deeper layers need its answer.
 */
export function decode(
  run: Run,
  tokens: AsyncIterable<TokenEvent> | Iterable<TokenEvent>,
  options: DecodeOptions,
): Observable<TokenEvent> {
  const { weights, model = null, windows = false } = options;
  const projected = (layer: number) => (x: Observable<Embedded>) =>
    x.pipe(layerNorm(), project(run, { layer, weights: weights[layer] }));
  const answered = (layer: number) => layerOutput(run, options, layer);
  const deeper = weights.slice(1).map(
    (_, i): OperatorFunction<Embedded, Embedded> =>
      (x) =>
        x.pipe(projected(i + 1), answered(i + 1)),
  );
  const last = model === null ? identity : predicted(run, model, options);
  return mergePull(promptGroups(tokens), (group) =>
    from(group).pipe(
      map((token) => ({ ...token, rows: [] })),
      model === null ? embed(run, options) : embedTokens(model),
      projected(0),
      concatMap((token) =>
        of(token).pipe(
          windows ? releaseWindows(run) : identity,
          answered(0),
          chain<Embedded>(deeper),
          last,
          journal(run),
        ),
      ),
    ),
  );
}

type Embedded = TokenEvent & HasResidual & HasRows;

/** From the rows of one layer to the residual stream of the next; that of the last is needed only for a prediction. */
function layerOutput(run: Run, options: DecodeOptions, layer: number) {
  const { weights, model = null, drive } = options;
  const drives = model !== null || layer < weights.length - 1;
  const of = model?.layers[layer];
  return (x: Observable<Embedded & HasQkv>): Observable<Embedded> =>
    x.pipe(
      throughCaches(run, options, { always: drives }),
      drives ? addResidual(run, { drive, output: of?.output }) : identity,
      of === undefined ? identity : feedForward(run, of),
    );
}

/** What a language model says of the token to come, and which one is taken. */
function predicted(
  run: Run,
  model: LanguageModel,
  { reference, drive, generate = null }: DecodeOptions,
): OperatorFunction<Embedded, Embedded> {
  const driver = driverOf(run.caches.labels, reference !== 'none', drive);
  return (x) => {
    const said = x.pipe(predict(run, { model, driver }));
    if (generate === null) return said;
    return said.pipe(
      choose(run, generate),
      tap(({ chosen }) => generate.chosen(chosen)),
    );
  };
}

/** Replay recorded rows: they enter after `project`, layer by layer, and nothing drives them but the recording. */
export function replay(
  run: Run,
  steps: AsyncIterable<RecordedStep> | Iterable<RecordedStep>,
  options: FlowOptions,
): Observable<RecordedStep> {
  const layers = Array.from(
    { length: run.shape.layers },
    (_, layer): OperatorFunction<RecordedStep & HasRows, RecordedStep & HasRows> =>
      (rows) =>
        rows.pipe(loadRows(run, { layer }), throughCaches(run, options, { always: false })),
  );
  return mergePull(steps, (step) =>
    of({ ...step, rows: [] }).pipe(chain<RecordedStep & HasRows>(layers), journal(run)),
  );
}

/** From the rows of one layer to its rows in the trace. */
function throughCaches<T extends TokenEvent & HasQkv & HasRows>(
  run: Run,
  { reference, recall, recording, outputs, timings, sparsity: looks, operators = [] }: FlowOptions,
  { always }: Pick<CompareOptions, 'always'>,
) {
  const exact = reference === 'none' ? null : { always, recall };
  const asked = (rows: Observable<T>) =>
    rows.pipe(
      recording ? capture(run) : identity,
      placed(operators, 'project'),
      updateCaches(run),
      attend(run, { exact }),
      certify(run),
      placed(operators, 'attend'),
    );
  return (rows: Observable<T>) =>
    asked(rows).pipe(
      compare(run, { reference, always, recall }),
      looks === null ? identity : sparsity(run, { ...looks, topKMass }),
      placed(operators, 'compare'),
      accountMemory(run),
      placed(operators, 'account'),
      record(run, { outputs, timings }),
    );
}

/** One operator out of many that each keep what comes in. */
function chain<T>(operators: readonly OperatorFunction<T, T>[]): OperatorFunction<T, T> {
  return (input) => operators.reduce((stream, operator) => stream.pipe(operator), input);
}
