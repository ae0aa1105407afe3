import type { StepRow } from '../core/trace.js';
import { logBins, mergePairs } from './bins.js';
import { ERROR_BUCKETS, errorBucket } from './error-buckets.js';

/** Linear bins along the steps: a picture is not wider than that. */
export const STEP_BINS = 128;

/** What one cache has cost so far, in bins: its size does not depend on the length of the run. */
export class CacheTally {
  /** Rows, bytes and nanoseconds of the rows per logarithmic bin of n (rows of one head). */
  readonly rowsByN = new Float64Array(logBins.count);
  readonly bytesByN = new Float64Array(logBins.count);
  readonly timedByN = new Float64Array(logBins.count);
  readonly nsByN = new Float64Array(logBins.count);
  /** Per linear bin of the step: histograms of errors (STEP_BINS × ERROR_BUCKETS), rows with times, and the times. */
  readonly errors = new Uint32Array(STEP_BINS * ERROR_BUCKETS);
  readonly timed = new Float64Array(STEP_BINS);
  readonly queueNs = new Float64Array(STEP_BINS);
  readonly attendNs = new Float64Array(STEP_BINS);
  readonly planNs = new Float64Array(STEP_BINS);
  readonly updateNs = new Float64Array(STEP_BINS);
  /** Errors of the whole run. */
  readonly allErrors = new Float64Array(ERROR_BUCKETS);
  rows = 0;
  outOfRange = 0;
  /** Rows that broke what their cache promised. */
  broken = 0;
  /** Of the latest step, through all layers and heads of its stream. */
  readonly latest = new Latest();
  /** Sums over the run, in nanoseconds. */
  readonly total = { update: 0, plan: 0, attend: 0, queue: 0 };

  constructor(readonly cache: string) {}

  /** Add a row whose n = step + 1 falls into `bin` (logarithmic) and `stepBin`. */
  add(row: StepRow, bin: number, stepBin: number): void {
    this.rows++;
    this.rowsByN[bin]++;
    this.bytesByN[bin] += row.resident_bytes;
    this.latest.bytes += row.resident_bytes;
    this.latest.heldBytes += row.resident_bytes + row.metadata_bytes;
    if (row.out_of_range === true) this.outOfRange++;
    if (row.within_bound === false) this.broken++;
    if (row.err_rel_l2 !== null) this.#addError(row.err_rel_l2, stepBin);
    if (row.update_ns !== null) this.#addTimes(row, row.update_ns, bin, stepBin);
  }

  /** Steps were joined two by two. */
  mergeSteps(): void {
    mergePairs(this.errors, ERROR_BUCKETS);
    for (const column of [this.timed, this.queueNs, this.attendNs, this.planNs, this.updateNs])
      mergePairs(column, 1);
  }

  #addError(error: number, stepBin: number): void {
    const bucket = errorBucket(error);
    this.errors[stepBin * ERROR_BUCKETS + bucket]++;
    this.allErrors[bucket]++;
    this.latest.errors += error;
    this.latest.compared++;
  }

  #addTimes(row: StepRow, update: number, bin: number, stepBin: number): void {
    const { plan_ns: plan, attend_ns: attend, queue_ns: queue } = row;
    const ns = update + (plan ?? 0) + (attend ?? 0);
    this.latest.ns += ns;
    this.total.update += update;
    this.updateNs[stepBin] += update;
    if (attend === null) return; // a prompt's token: nothing was asked
    this.timed[stepBin]++;
    this.timedByN[bin]++;
    this.nsByN[bin] += ns;
    this.total.attend += attend;
    this.attendNs[stepBin] += attend;
    this.total.plan += plan ?? 0;
    this.planNs[stepBin] += plan ?? 0;
    this.total.queue += queue ?? 0;
    this.queueNs[stepBin] += queue ?? 0;
  }
}

/** Sums over the rows of one step. */
class Latest {
  bytes = 0;
  heldBytes = 0;
  ns = 0;
  errors = 0;
  compared = 0;

  reset(): void {
    this.bytes = this.heldBytes = this.ns = this.errors = this.compared = 0;
  }

  /** Mean relative error; null where nothing was compared. */
  error(): number | null {
    return this.compared === 0 ? null : this.errors / this.compared;
  }
}
