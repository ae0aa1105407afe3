import { map, type OperatorFunction } from 'rxjs';
import type {
  Promised,
  ExactAnswer,
  HasAnswers,
  HasBounds,
  HasErrors,
  HasMemory,
  HasQkv,
  HasRows,
  HasSparsity,
  HasUpdates,
  OutputError,
  TokenEvent,
} from '../src/core/event.js';
import type { Run } from '../src/core/run.js';
import type { Census } from '../src/core/cache.js';
import type { EventRow, OutputRow, StepRow, TraceBatch } from '../src/core/trace.js';

/** What `record` leaves. */
export interface RecordOptions {
  /** Output vectors too. */
  readonly outputs: boolean;
  /** Measured times; without them two runs of one seed leave the same bytes. */
  readonly timings: boolean;
}

type Recordable = TokenEvent &
  HasQkv &
  HasUpdates &
  HasAnswers &
  HasErrors &
  HasMemory &
  Partial<HasBounds & HasSparsity>;

/** Add one row per cache and head to `rows`, and free the layer's q, k and v: nobody reads them after this. */
export function record<T extends Recordable & Partial<HasRows>>(
  { arena, clock, ledger }: Pick<Run, 'arena' | 'clock' | 'ledger'>,
  { outputs, timings }: RecordOptions,
): OperatorFunction<T, T & HasRows> {
  const budget = Number.isFinite(ledger.budget) ? ledger.budget : null;
  return map((event) => {
    const t_ns = clock.now();
    const steps = event.updates.map((_, i) => {
      const row = stepRow(event, i, t_ns, budget);
      return timings ? row : { ...row, ...UNTIMED };
    });
    for (const slot of Object.values(event.qkv)) if (slot !== null) arena.free(slot);
    const left: TraceBatch = {
      steps,
      ...(outputs ? { outputs: outputRows(event) } : {}),
      ...(event.warnings?.length ? { events: eventRows(event, timings ? t_ns : null) } : {}),
    };
    return { ...event, rows: [...(event.rows ?? []), left] };
  });
}

const UNTIMED = {
  t_ns: null,
  update_ns: null,
  plan_ns: null,
  attend_ns: null,
  queue_ns: null,
  reference_ns: null,
} as const;

/** NaN means that something was not measured, or is not defined: null in the trace. */
function measured(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value;
}

function stepRow(event: Recordable, i: number, t_ns: number, budget_bytes: number | null): StepRow {
  const { held, update_ns } = event.updates[i];
  const { bytes, census, formulaBytes } = event.memory[i];
  const { spec } = held.factory;
  const answer = event.answers?.[i];
  const exact = event.prefill ? undefined : event.exact?.[held.head]; // a prompt is answered only to drive layers
  const error = event.errors?.[i];
  const bound = event.bounds?.[i];
  const sparsity = event.sparsity?.[held.head];
  return {
    // no spread: an object built by one takes microseconds to grow to this many columns
    stream_id: event.streamId,
    layer: event.layer,
    head: held.head,
    cache: held.label,
    step: event.step,
    pos: event.pos,
    token_id: event.tokenId,
    prefill: event.prefill,
    resident_bytes: bytes.resident,
    formula_bytes: formulaBytes,
    metadata_bytes: bytes.metadata,
    scratch_bytes: bytes.scratch,
    budget_bytes,
    kept_side1: census.kept1,
    kept_side2: census.kept2,
    evicted_side1: census.evicted1,
    evicted_side2: census.evicted2,
    clusters_side1: census.clusters1,
    clusters_side2: census.clusters2,
    samples: census.samples,
    pairs_scored: answer?.pairs ?? null,
    skipped_share: answer === undefined || !spec.readsPart ? null : skippedShare(answer.pairs, census),
    skipped_mass:
      answer === undefined || spec.exactness !== 'certified' || !spec.readsPart ? null : answer.rest,
    flops: answer?.flops ?? null,
    err_rel_l2: error?.relL2 ?? null,
    err_max_abs: error?.maxAbs ?? null,
    err_cos: measured(error?.cos),
    err_l2: error?.l2 ?? null,
    err_eps: measured(error?.eps),
    claimed_eps: bound?.claimedEps ?? null,
    certificate: measured(bound?.certificate ?? undefined),
    within_bound: bound?.outOfRange === true ? null : withinBound(error, bound, exact),
    out_of_range: bound?.outOfRange ?? null,
    lost_mass: measured(error?.lostMass),
    topk_recall: measured(error?.recall),
    logz_err: error?.logZ ?? null,
    score_std: measured(exact?.scoreStd),
    weight_norm: measured(exact?.weightNorm),
    value_norm: exact?.valueNorm ?? null,
    entropy_nats: sparsity?.entropy ?? null,
    pairs_above_eps: sparsity?.above ?? null,
    pairs_for_mass: sparsity?.pairsForMass ?? null,
    top_mass: sparsity?.topMass ?? null,
    top_mass_law: sparsity?.topMassLaw ?? null,
    max_score: measured(answer?.maxScore),
    exact_max_score: measured(exact?.maxScore),
    lse: answer?.lse ?? null,
    t_ns,
    update_ns,
    plan_ns: event.plans_ns?.[i] ?? null,
    attend_ns: answer?.attend_ns ?? null,
    queue_ns: answer?.queue_ns ?? null,
    reference_ns: exact?.attend_ns ?? null,
  };
}

/** Of the pairs that kept atoms make (matrix order: atoms), the share that was not scored. */
function skippedShare(scored: number, { kept1, kept2 }: Census): number {
  const all = kept1 * (kept2 === 0 ? 1 : kept2);
  return all === 0 ? 0 : 1 - scored / all;
}

function eventRows(
  { warnings = [], streamId: stream_id, step }: Recordable,
  t_ns: number | null,
): EventRow[] {
  return warnings.map(({ kind, message }) => ({ t_ns, kind, stream_id, step, message }));
}

/** Null without an error or a promise. Float32 is no broken promise: 1e-5 of the exact output is allowed for it. */
function withinBound(
  error: OutputError | undefined,
  bound: Promised | undefined,
  exact: ExactAnswer | undefined,
): boolean | null {
  if (error === undefined || bound === undefined || exact === undefined) return null;
  if (bound.certificate !== null) return error.l2 <= bound.certificate + 1e-5 * Math.hypot(...exact.output);
  return bound.claimedEps === null ? null : error.eps <= bound.claimedEps;
}

function outputRows({ answers, updates, streamId: stream_id, layer, step }: Recordable): OutputRow[] {
  return (answers ?? []).map(({ output }, i) => {
    const { label: cache, head } = updates[i].held;
    return { stream_id, layer, head, cache, step, output };
  });
}
