import type { StepRow } from '../core/trace.js';
import { logBins, mergePairs } from './bins.js';
import { ERROR_BUCKETS, errorBucket } from './error-buckets.js';

/** Linear bins along the steps: a picture is not wider than that. */
export const STEP_BINS = 128;

/** What one cache has cost so far, in bins: its size does not depend on the length of the run. */
export class CacheTally {
  /** By logarithmic bin of n: what was held at the last n of the bin, over the streams that came so far. */
  readonly held = new HeldByN();
  /** By logarithmic bin of n: rows with times, and their nanoseconds. */
  readonly timedByN = new Float64Array(logBins.count);
  readonly nsByN = new Float64Array(logBins.count);
  /** By linear bin of the step: histograms of errors (STEP_BINS × ERROR_BUCKETS), and the largest. */
  readonly errors = new Uint32Array(STEP_BINS * ERROR_BUCKETS);
  readonly mostError = new Float64Array(STEP_BINS);
  /** By linear bin of the step: rows with times, and nanoseconds. */
  readonly timed = new Float64Array(STEP_BINS);
  readonly updateNs = new Float64Array(STEP_BINS);
  readonly planNs = new Float64Array(STEP_BINS);
  readonly attendNs = new Float64Array(STEP_BINS);
  readonly queueNs = new Float64Array(STEP_BINS);
  /** Errors of the whole run. */
  readonly allErrors = new Float64Array(ERROR_BUCKETS);
  errorSum = 0;
  compared = 0;
  rows = 0;
  outOfRange = 0;
  /** Rows that broke what their cache promised. */
  broken = 0;
  /** Most bytes, with metadata, that one head of one layer held. */
  mostHeadBytes = 0;
  /** Of the latest step, through all layers and heads of its stream. */
  readonly latest = new Latest();
  /** Sums over the run, in nanoseconds. */
  readonly total = { update: 0, plan: 0, attend: 0, queue: 0 };

  constructor(readonly cache: string) {}

  /** Add a row whose n = step + 1 falls into `bin` (logarithmic) and `stepBin`. */
  add(row: StepRow, bin: number, stepBin: number): void {
    const held = row.resident_bytes + row.metadata_bytes;
    this.rows++;
    this.latest.rows++;
    this.latest.residentBytes += row.resident_bytes;
    this.latest.heldBytes += held;
    this.latest.formulaBytes += row.formula_bytes;
    if (held > this.mostHeadBytes) this.mostHeadBytes = held;
    if (row.out_of_range === true) this.outOfRange++;
    if (row.within_bound === false) this.broken++;
    if (row.err_rel_l2 !== null) this.#addError(row.err_rel_l2, stepBin);
    if (row.update_ns !== null) this.#addTimes(row, row.update_ns, bin, stepBin);
  }

  /** All rows of a step of length `n` are there. */
  endStep(n: number, bin: number): void {
    if (this.latest.rows > 0) this.held.add(n, bin, this.latest);
  }

  /** Steps were joined two by two. */
  mergeSteps(): void {
    mergePairs(this.errors, ERROR_BUCKETS);
    for (const column of [this.timed, this.updateNs, this.planNs, this.attendNs, this.queueNs])
      mergePairs(column, 1);
    for (let i = 0; i < STEP_BINS; i++) {
      this.mostError[i] = Math.max(this.mostError[2 * i] ?? 0, this.mostError[2 * i + 1] ?? 0);
    }
  }

  #addError(error: number, stepBin: number): void {
    const bucket = errorBucket(error);
    this.errors[stepBin * ERROR_BUCKETS + bucket]++;
    if (error > this.mostError[stepBin]) this.mostError[stepBin] = error;
    this.allErrors[bucket]++;
    this.errorSum += error;
    this.compared++;
    this.latest.errorSum += error;
    this.latest.compared++;
  }

  #addTimes(row: StepRow, update: number, bin: number, stepBin: number): void {
    const { plan_ns: plan, attend_ns: attend, queue_ns: queue } = row;
    this.latest.ns += update + (plan ?? 0) + (attend ?? 0);
    this.total.update += update;
    this.updateNs[stepBin] += update;
    if (attend === null) return; // a prompt's token: nothing was asked
    this.timed[stepBin]++;
    this.timedByN[bin]++;
    this.nsByN[bin] += update + (plan ?? 0) + attend;
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
  rows = 0;
  residentBytes = 0;
  heldBytes = 0;
  formulaBytes = 0;
  ns = 0;
  errorSum = 0;
  compared = 0;

  reset(): void {
    this.rows = this.residentBytes = this.heldBytes = this.formulaBytes = 0;
    this.ns = this.errorSum = this.compared = 0;
  }

  /** Mean relative error; null where nothing was compared. */
  error(): number | null {
    return this.compared === 0 ? null : this.errorSum / this.compared;
  }
}

/** What streams held at the last n of each bin: a value at one length, so that it can be laid beside a formula. */
class HeldByN {
  /** The last n, 0: none. */
  readonly n = new Float64Array(logBins.count);
  readonly streams = new Float64Array(logBins.count);
  readonly bytes = new Float64Array(logBins.count);
  readonly least = new Float64Array(logBins.count);
  readonly most = new Float64Array(logBins.count);
  readonly formula = new Float64Array(logBins.count);

  add(n: number, bin: number, { heldBytes, formulaBytes }: Latest): void {
    if (n < this.n[bin]) return; // a stream behind the others: its turn comes at their last n
    if (n > this.n[bin]) {
      this.n[bin] = n;
      this.streams[bin] = this.bytes[bin] = this.most[bin] = this.formula[bin] = 0;
      this.least[bin] = Infinity;
    }
    this.streams[bin]++;
    this.bytes[bin] += heldBytes;
    this.formula[bin] += formulaBytes;
    this.least[bin] = Math.min(this.least[bin], heldBytes);
    this.most[bin] = Math.max(this.most[bin], heldBytes);
  }
}
