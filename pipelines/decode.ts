import { concatMap, from, identity, map, of, type Observable, type OperatorFunction } from 'rxjs';
import { accountMemory } from '../operators/account-memory.js';
import { addResidual } from '../operators/add-residual.js';
import { attend } from '../operators/attend.js';
import { certify } from '../operators/certify.js';
import { capture } from '../operators/capture.js';
import { compare, type CompareOptions } from '../operators/compare.js';
import { embed, type EmbedOptions } from '../operators/embed.js';
import { journal } from '../operators/journal.js';
import { layerNorm } from '../operators/layer-norm.js';
import { loadRows } from '../operators/load-rows.js';
import { mergePull } from '../operators/merge-pull.js';
import { project } from '../operators/project.js';
import { record, type RecordOptions } from '../operators/record.js';
import { sparsity, type SparsityOptions } from '../operators/sparsity.js';
import { updateCaches } from '../operators/update-caches.js';
import { topKMass } from '../src/bounds/top-k-mass.js';
import type { HasQkv, HasResidual, HasRows, RecordedStep, TokenEvent } from '../src/core/event.js';
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
}

/**
 * Decode tokens: embed → (norm → project → caches → attend → compare → memory → record → residual) per layer →
 * journal, once a step.
 * The next token is pulled only when the journal has taken the rows of this one; those of a prompt come in groups, which the
 * first layer projects together (`promptGroups`). From its caches on every token goes alone: deeper layers need its answer.
 */
export function decode(
  run: Run,
  tokens: AsyncIterable<TokenEvent> | Iterable<TokenEvent>,
  options: DecodeOptions,
): Observable<TokenEvent> {
  const { weights } = options;
  const last = weights.length - 1;
  const projected = (layer: number) => (x: Observable<Embedded>) =>
    x.pipe(layerNorm(), project(run, { layer, weights: weights[layer] }));
  const answered = (layer: number) => (x: Observable<Embedded & HasQkv>) =>
    x.pipe(throughCaches(run, options, { always: layer < last }), layer < last ? addResidual() : identity);
  const deeper = weights.slice(1).map(
    (_, i): OperatorFunction<Embedded, Embedded> =>
      (x) =>
        x.pipe(projected(i + 1), answered(i + 1)),
  );
  return mergePull(promptGroups(tokens), (group) =>
    from(group).pipe(
      map((token) => ({ ...token, rows: [] })),
      embed(run, options),
      projected(0),
      concatMap((token) => of(token).pipe(answered(0), chain<Embedded>(deeper), journal(run))),
    ),
  );
}

type Embedded = TokenEvent & HasResidual & HasRows;

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
