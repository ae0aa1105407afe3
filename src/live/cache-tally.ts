import type { StepRow } from '../core/trace.js';
import { logBins, mergePairs } from './bins.js';
import { HeldByN } from './held-by-n.js';
import { errorBuckets, timeBuckets } from './log-buckets.js';

/** Linear bins along the steps: a picture is not wider than that. */
export const STEP_BINS = 128;

/** What one cache has cost so far, in bins: its size, some 250 KB, does not depend on the length of the run. */
export class CacheTally {
  readonly held = new HeldByN();
  /** By logarithmic bin of n: steps with rows. */
  readonly stepsByN = new Uint32Array(logBins.count);
  /** By logarithmic bin of n: tokens that were answered, the sum of their n, and histograms of their milliseconds. */
  readonly tokensByN = new Float64Array(logBins.count);
  readonly sumOfN = new Float64Array(logBins.count);
  readonly msByN = new Uint32Array(logBins.count * timeBuckets.count);
  /** By linear bin of the step: answers that were compared, histograms of their errors, and the largest. */
  readonly answers = new Uint32Array(STEP_BINS);
  readonly errors = new Uint32Array(STEP_BINS * errorBuckets.count);
  readonly mostError = new Float64Array(STEP_BINS);
  /** Errors of the whole run. */
  readonly allErrors = new Float64Array(errorBuckets.count);
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
  /** Rows with an answer and its times; tokens of which they are. */
  answered = 0;
  tokens = 0;
  /** Nanoseconds of those rows. */
  readonly spent = { append: 0, plan: 0, kernels: 0, queue: 0, reference: 0 };

  constructor(readonly cache: string) {}

  /** Add a row of the step that falls into `stepBin`. */
  add(row: StepRow, stepBin: number): void {
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
    if (row.update_ns !== null) this.#addTimes(row, row.update_ns);
  }

  /** All rows of a step of length `n` are there; `bin` is its logarithmic one. */
  endStep(n: number, bin: number): void {
    const { latest } = this;
    if (latest.rows > 0) {
      this.stepsByN[bin]++;
      this.held.add(n, bin, latest);
    }
    if (latest.answered === 0) return;
    this.tokens++;
    this.tokensByN[bin]++;
    this.sumOfN[bin] += n;
    this.msByN[bin * timeBuckets.count + timeBuckets.of(latest.ns / 1e6)]++;
  }

  /** Steps were joined two by two. */
  mergeSteps(): void {
    mergePairs(this.answers, 1);
    mergePairs(this.errors, errorBuckets.count);
    for (let i = 0; i < STEP_BINS; i++) {
      this.mostError[i] = Math.max(this.mostError[2 * i] ?? 0, this.mostError[2 * i + 1] ?? 0);
    }
  }

  #addError(error: number, stepBin: number): void {
    const bucket = errorBuckets.of(error);
    this.errors[stepBin * errorBuckets.count + bucket]++;
    this.answers[stepBin]++;
    if (error > this.mostError[stepBin]) this.mostError[stepBin] = error;
    this.allErrors[bucket]++;
    this.errorSum += error;
    this.compared++;
    this.latest.errorSum += error;
    this.latest.compared++;
  }

  #addTimes({ plan_ns, attend_ns, queue_ns, reference_ns }: StepRow, update_ns: number): void {
    const plan = plan_ns ?? 0;
    this.latest.ns += update_ns + plan + (attend_ns ?? 0);
    if (attend_ns === null) return; // a prompt's token: nothing was asked
    this.answered++;
    this.latest.answered++;
    this.spent.append += update_ns;
    this.spent.plan += plan;
    this.spent.kernels += attend_ns;
    this.spent.queue += queue_ns ?? 0;
    this.spent.reference += reference_ns ?? 0;
  }
}

/** Sums over the rows of one step. */
class Latest {
  rows = 0;
  answered = 0;
  residentBytes = 0;
  heldBytes = 0;
  formulaBytes = 0;
  ns = 0;
  errorSum = 0;
  compared = 0;

  reset(): void {
    this.rows = this.answered = this.residentBytes = this.heldBytes = this.formulaBytes = 0;
    this.ns = this.errorSum = this.compared = 0;
  }

  /** Mean relative error; null where nothing was compared. */
  error(): number | null {
    return this.compared === 0 ? null : this.errorSum / this.compared;
  }
}
