import { Failure } from './failure.js';
import type { Slot } from './memory.js';
import type { Plan } from './plan.js';

/** One query of one head against one cache. */
export interface AttendRequest {
  /** Where q lies, (d). */
  readonly q: Slot;
  readonly d: number;
  readonly scale: number;
  readonly plan: Plan;
  /** Answer in float64 and measure the scores' deviation, whatever the pool's kernel is. */
  readonly precise?: boolean;
}

/** The answer to one request. */
export interface Answer {
  /** Attention output, (d); it may lie in a larger buffer. */
  readonly output: Float64Array;
  /** ln of the denominator: log-sum-exp of the (weighted) scores. */
  readonly lse: number;
  /** ‖p‖₂ of the softmax p over the pairs scored, in (0, 1]; NaN unless `precise`, and where there is nothing. */
  readonly weightNorm: number;
  /** Largest score, weights not included; NaN where a fast kernel scored weighted atoms. */
  readonly maxScore: number;
  /** Mean and standard deviation of the scores over the pairs scored, weights not included; NaN unless `precise`. */
  readonly scoreMean: number;
  readonly scoreStd: number;
  /** Pairs (or rows) scored; those that a job skipped are not. */
  readonly pairs: number;
  /** Σ e^s over the pairs that jobs skipped is at most this share of the denominator; 0 where nothing was skipped. */
  readonly rest: number;
  /** Floating-point operations done, counted by the kernel; exponentials not included. */
  readonly flops: number;
  /** Time inside kernels, summed over threads. */
  readonly attend_ns: number;
  /** Time from submission until the first tile of this request started. */
  readonly queue_ns: number;
}

/** A task of a plug-in failed: which of the requests asked for it, so that a run can go on without that cache. */
export class TaskFailure extends Failure {
  constructor(
    /** Index of the request among those of the step. */
    readonly request: number,
    { code, what, hint, cause }: Failure,
  ) {
    super(code, what, hint, { cause });
    this.stack = (cause instanceof Error && cause.stack) || ''; // of the task: that of the pool says nothing
  }
}

/** Something the pool survived and a reader of the trace should know. */
export interface PoolEvent {
  readonly kind: 'worker-restarted';
  readonly message: string;
}

/** From what size on, in multiply-adds of the scores (pairs × d), threads share a step. No answer depends on it. */
export interface Threading {
  /** Steps of at most so many are done by the calling thread, whatever the others do. */
  readonly alone: number;
  /** And those of at most so many where the others sleep and nothing says that the next step comes at once. */
  readonly asleep: number;
}

/** Where attention is computed: worker threads in a run, the calling thread in a unit test. */
export interface AttentionPool {
  /** Threads that compute, the calling one included. */
  readonly threads: number;
  /** Absent where a pool has nothing to decide. */
  readonly threading?: Threading;
  /** Name of the kernel, as in run.json. */
  readonly kernel: string;
  /**
   * Answer all requests of a step, in their order; one call at a time. During the call threads own the outputs
   * and nobody may move entries; before and after, the caller owns everything.
   * @throws Failure `worker-lost` when workers keep dying
   * @throws TaskFailure `bad-plugin` when a plug-in's task cannot be imported, `plugin-failed` when it throws or leaves what is
   * no answer; the pool can be asked again
   */
  attend(requests: readonly AttendRequest[]): Promise<readonly Answer[]>;
  /** Called when the pool has something for the events table. */
  onEvent: (event: PoolEvent) => void;
  close(): Promise<void>;
}
