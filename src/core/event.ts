import type { Census, HeldBytes } from './cache.js';
import type { Floats, Slot } from './memory.js';
import type { Answer } from './pool.js';
import type { HeldCache } from './run.js';
import type { TraceBatch } from './trace.js';

/** One step: one position of one stream, through all heads. What flows through every pipeline. */
export interface TokenEvent {
  readonly streamId: number;
  /** Index of the step in its stream, 0-based. */
  readonly step: number;
  /** Position of the token as recorded; equals `step` unless a recording says otherwise. */
  readonly pos: number;
  /** Vocabulary id; null when the stream has none. */
  readonly tokenId: number | null;
  /** Ids of the tokens before it in its stream, the nearest first: as many as a language model embeds with it. */
  readonly before?: readonly number[];
  /** Append only: this token asks no query. */
  readonly prefill: boolean;
  /** When the step was recorded, in nanoseconds since any moment; absent or null when nobody wrote it down. */
  readonly tNs?: number | null;
}

/** The rows of one layer as a recording or a synthetic source holds them, (heads × d) each. */
export interface LayerRows {
  readonly q: Floats;
  readonly k1: Floats;
  readonly k2: Floats | null;
  readonly v1: Floats;
  readonly v2: Floats | null;
}

/** A step that brings its own rows instead of a token to embed: one `LayerRows` per layer. */
export interface RecordedStep extends TokenEvent {
  readonly layers: readonly LayerRows[];
}

/** Added by `embed`: the residual stream, (heads·d); by `embedTokens`, of a language model: (dModel). */
export interface HasResidual {
  readonly x: Float32Array;
}

/** Added by `layerNorm`: `x` with mean 0 and variance 1. */
export interface HasNormed {
  readonly normed: Float32Array;
}

/** Rows of one step in shared memory, (heads × d) each; k2 and v2 are null in matrix order. */
export interface Qkv {
  readonly q: Slot;
  readonly k1: Slot;
  readonly k2: Slot | null;
  readonly v1: Slot;
  readonly v2: Slot | null;
}

/** Added by `project`, or by the reader of a recording: the rows of one layer. */
export interface HasQkv {
  readonly layer: number;
  readonly qkv: Qkv;
}

/** One cache of one head after this token's append. */
export interface Update {
  readonly held: HeldCache;
  readonly update_ns: number;
}

/** Added by `updateCaches`, in the order head by head, cache by cache; everything below keeps this order. */
export interface HasUpdates {
  readonly updates: readonly Update[];
}

/** Added by `attend`: one answer per update; null for a prefill token. */
export interface HasAnswers {
  readonly answers: readonly Answer[] | null;
  /** Answers of the exact caches, one per head, where `attend` was told to ask them too; null for a prefill token. */
  readonly exactly?: readonly Answer[] | null;
  /** Making the plan of each answer, and observing it, on the main thread, in nanoseconds; null with `answers`. */
  readonly plans_ns?: readonly number[] | null;
}

/** How far one output is from the exact one. */
export interface OutputError {
  /** ‖o − ô‖₂ / ‖o‖₂ */
  readonly relL2: number;
  /** max |o − ô| */
  readonly maxAbs: number;
  /** 1 − cosine similarity; NaN when an output is zero */
  readonly cos: number;
  /** ln Ẑ − ln Z */
  readonly logZ: number;
  /** ‖o − ô‖₂ */
  readonly l2: number;
  /** ‖o − ô‖₂ / (‖p‖₂·‖V1 ⊘ V2‖₂): the ε that SubGen's bound would have needed (math.md 4.1). */
  readonly eps: number;
  /** Share of the exact softmax on pairs that the cache does not hold; NaN unless it selects (`spec.selects`). */
  readonly lostMass: number;
  /** Share of the k tokens with the largest exact marginals that it holds, over both sides; NaN unless asked for. */
  readonly recall: number;
}

/** What is promised of one answer; null: nothing. */
export interface Promised {
  /** A bound on ‖o − ô‖₂ that holds for certain. */
  readonly certificate: number | null;
  /** The ε of the paper's claim ε·‖p‖₂·‖V1 ⊘ V2‖₂, with these options. */
  readonly claimedEps: number | null;
  /** Whether this answer is worth less than what is promised; null: this cache cannot tell. */
  readonly outOfRange: boolean | null;
}

/** Added by `certify`: one per update; null for a prefill token. */
export interface HasBounds {
  readonly bounds: readonly Promised[] | null;
  /** Caches whose answers went out of range with this step, for the events table. */
  readonly warnings: readonly Warning[];
}

/** Something a reader of the trace should know of one step. */
export interface Warning {
  readonly kind: 'out-of-range';
  readonly message: string;
}

/** The exact answer of one head. */
export interface ExactAnswer extends Answer {
  /** ‖V1 ⊘ V2‖₂ over all entries so far. */
  readonly valueNorm: number;
}

/** Added by `compare`: exact answers, one per head, and one error per update; null without a reference. */
export interface HasErrors {
  readonly exact: readonly ExactAnswer[] | null;
  readonly errors: readonly OutputError[] | null;
}

/** How sparse the true softmax of one head is, over all its pairs. */
export interface Sparsity {
  readonly pairs: number;
  /** Standard deviation R of the scores. */
  readonly scoreStd: number;
  readonly maxScore: number;
  /** Pairs whose weight is above ε: the softmax is (ε, k)-sparse for every k from here on. */
  readonly above: number;
  /** The fewest pairs that hold the asked share of the softmax. */
  readonly pairsForMass: number;
  /** What the asked share of the pairs holds at most, and what normal scores of the same R would make of it. */
  readonly topMass: number;
  readonly topMassLaw: number;
  /** −Σ p·ln p, in nats. */
  readonly entropy: number;
}

/** Added by `sparsity`: one per head; null where nobody looked. */
export interface HasSparsity {
  readonly sparsity: readonly Sparsity[] | null;
}

/** What one cache holds, measured and by formula. */
export interface Memory {
  readonly bytes: HeldBytes;
  readonly census: Census;
  readonly formulaBytes: number;
}

/** Added by `accountMemory`: one per update. */
export interface HasMemory {
  readonly memory: readonly Memory[];
}

/** Added by `predict`: what a language model says of the token that comes next, (vocabulary). */
export interface HasLogits {
  readonly logits: Float32Array;
}

/** Added by `choose`: the token that is to come next. */
export interface HasChoice {
  readonly chosen: number;
}

/** Added by `record` and `capture`, layer after layer: what the step leaves, for `journal` to write all at once. */
export interface HasRows {
  readonly rows: readonly TraceBatch[];
}
