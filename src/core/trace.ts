/**
 * One row of steps.parquet: one cache of one head at one step. The key stream_id, layer, head, cache, step is
 * unique. data/schemas/steps.ts describes every column and its unit. Unknown is null, never 0.
 */
export interface StepRow {
  readonly stream_id: number;
  readonly layer: number;
  readonly head: number;
  readonly cache: string;
  readonly step: number;
  readonly pos: number;
  readonly token_id: number | null;
  readonly prefill: boolean;
  readonly resident_bytes: number;
  readonly formula_bytes: number;
  readonly metadata_bytes: number;
  readonly scratch_bytes: number;
  readonly budget_bytes: number | null;
  readonly kept_side1: number;
  readonly kept_side2: number;
  readonly evicted_side1: number;
  readonly evicted_side2: number;
  readonly clusters_side1: number | null;
  readonly clusters_side2: number | null;
  readonly samples: number | null;
  readonly pairs_scored: number | null;
  readonly skipped_share: number | null;
  readonly skipped_mass: number | null;
  readonly flops: number | null;
  readonly err_rel_l2: number | null;
  readonly err_max_abs: number | null;
  readonly err_cos: number | null;
  readonly err_l2: number | null;
  readonly err_eps: number | null;
  readonly claimed_eps: number | null;
  readonly certificate: number | null;
  readonly within_bound: boolean | null;
  readonly out_of_range: boolean | null;
  readonly lost_mass: number | null;
  readonly topk_recall: number | null;
  readonly logz_err: number | null;
  readonly score_std: number | null;
  readonly weight_norm: number | null;
  readonly value_norm: number | null;
  readonly entropy_nats: number | null;
  readonly pairs_above_eps: number | null;
  readonly pairs_for_mass: number | null;
  readonly top_mass: number | null;
  readonly top_mass_law: number | null;
  readonly max_score: number | null;
  readonly exact_max_score: number | null;
  readonly lse: number | null;
  readonly t_ns: number | null;
  readonly update_ns: number | null;
  readonly plan_ns: number | null;
  readonly attend_ns: number | null;
  readonly queue_ns: number | null;
  readonly reference_ns: number | null;
}

/** One row of outputs.parquet: the output vector of one cache, same key as StepRow; `output` is (d). */
export interface OutputRow {
  readonly stream_id: number;
  readonly layer: number;
  readonly head: number;
  readonly cache: string;
  readonly step: number;
  readonly output: ArrayLike<number>;
}

/** One row of events.parquet: something that happened outside the steady flow. */
export interface EventRow {
  readonly t_ns: number | null;
  readonly kind: string;
  readonly stream_id: number | null;
  readonly step: number | null;
  readonly message: string;
}

/** One row of a recording: one token at one layer and head; vectors are (d), k2 and v2 null in matrix order. */
export interface RecordingRow {
  readonly stream_id: number;
  readonly pos: number;
  readonly token_id: number | null;
  readonly t_ns: number | null;
  readonly layer: number;
  readonly head: number;
  readonly q: ArrayLike<number>;
  readonly k1: ArrayLike<number>;
  readonly k2: ArrayLike<number> | null;
  readonly v1: ArrayLike<number>;
  readonly v2: ArrayLike<number> | null;
}

/**
 * One row of measures.parquet: a number that an operator measured. `x` places it on an axis (a position, a score), null
 * where there is none; `cache` is null for what was measured of the exact attention, `layer` and `head` for what is of a whole model.
 */
export interface MeasureRow {
  readonly stream_id: number;
  readonly layer: number | null;
  readonly head: number | null;
  readonly cache: string | null;
  readonly step: number;
  /** What was measured, kebab case. */
  readonly name: string;
  readonly x: number | null;
  readonly value: number;
}

/** The rows that one step leaves. */
export interface TraceBatch {
  readonly steps?: readonly StepRow[];
  readonly outputs?: readonly OutputRow[];
  readonly events?: readonly EventRow[];
  readonly recording?: readonly RecordingRow[];
  readonly measures?: readonly MeasureRow[];
}

/** Where rows go. `write` resolves when the sink is ready for more: awaiting it is the back-pressure. */
export interface TraceSink {
  write(batch: TraceBatch): Promise<void>;
}
