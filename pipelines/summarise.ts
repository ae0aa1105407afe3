import { readSealedRun } from '../data/sinks/read-steps.js';
import { readTable, type TableBatch } from '../data/sinks/read-table.js';
import { inWindows } from '../data/schemas/in-windows.js';
import type { RunFile } from '../data/schemas/run-file.js';
import { summarisePrediction, type PredictionSummary } from './summarise-prediction.js';

/** What one cache cost and how far it was from exact, over a whole trace. Null: not measured. */
export interface CacheSummary {
  readonly cache: string;
  /** Most bytes that all its heads, layers and streams held together. */
  readonly peak_resident_bytes: number;
  readonly peak_scratch_bytes: number;
  /** Most of resident and metadata bytes together: what a budget is about. */
  readonly peak_held_bytes: number;
  /** Update, planning and attention of one token through all heads and layers, in milliseconds of thread time. */
  readonly ms_per_token_p50: number | null;
  readonly ms_per_token_p95: number | null;
  readonly err_rel_l2_mean: number | null;
  readonly err_rel_l2_p99: number | null;
  readonly err_rel_l2_max: number | null;
  /** Mean share of the exact softmax that a selecting cache left out. */
  readonly lost_mass_mean: number | null;
  /** Share of steps within the bound that was promised. */
  readonly within_bound_share: number | null;
  /** Answers that left the range for which the cache was made. */
  readonly out_of_range: number;
}

/** A trace in a few numbers. */
export interface TraceSummary {
  readonly dir: string;
  readonly run: RunFile;
  /** Steps of all streams. */
  readonly tokens: number;
  /**
   * Standard deviation R of the exact scores, without which errors cannot be compared: the root mean square over
   * decoded steps with n ≥ 2 (a single score has none).
   */
  readonly score_std: number | null;
  readonly caches: readonly CacheSummary[];
  /** Null without a language model. */
  readonly prediction: PredictionSummary | null;
}

const COLUMNS = [
  'stream_id', 'layer', 'head', 'step', 'cache', 'resident_bytes', 'metadata_bytes', 'scratch_bytes', 'update_ns',
  'plan_ns', 'attend_ns', 'err_rel_l2', 'lost_mass', 'within_bound', 'out_of_range',
  'score_std',
] as const; // prettier-ignore

/**
 * Summarise a sealed trace, cache by cache in the order of its rows, batch by batch: of a long trace only what quantiles
 * need is in memory, a number per token and cache.
 * @throws Failure `bad-trace`
 */
export async function summarise(dir: string): Promise<TraceSummary> {
  const run = await readSealedRun(dir);
  const tallies = new Map<string, Tally>();
  let [tokens, variances, decoded] = [0, 0, 0];
  let last: Row | null = null;
  const windows = inWindows(run);
  for await (const batch of readTable(dir, run, 'steps', COLUMNS)) {
    for (let i = 0; i < batch.rows; i++) {
      const row = rowOf(batch, i);
      const sameToken = last !== null && last.stream === row.stream && last.step === row.step;
      if (!sameToken) tokens++; // the rows of a token stand together: a step is written whole, once
      if (windows && last !== null && last.stream !== row.stream) {
        for (const tally of tallies.values()) tally.endStream(); // its caches are gone when the next window begins
      }
      last = row;
      const tally = tallies.get(row.cache) ?? new Tally();
      tallies.set(row.cache, tally);
      tally.add(row);
      const std = row.of('score_std');
      if (std === null || row.step === 0) continue;
      variances += std * std;
      decoded++;
    }
  }
  const caches = [...tallies].map(([cache, tally]) => ({ cache, ...tally.summary() }));
  const prediction = await summarisePrediction(dir, run);
  const score_std = decoded === 0 ? null : Math.sqrt(variances / decoded);
  return { dir, run, tokens, score_std, caches, prediction };
}

/** One row of the trace, columns looked up when they are asked for. */
interface Row {
  readonly stream: number;
  readonly step: number;
  readonly cache: string;
  /** Whose cache it is about: stream, layer and head. */
  readonly instance: string;
  of(name: Measured): number | null;
}

function rowOf({ columns }: TableBatch, i: number): Row {
  const number = (name: string) =>
    columns[name].valid?.[i] === 0 ? null : (columns[name].values[i] as number);
  const [stream, step] = [number('stream_id')!, number('step')!];
  return {
    ...{ stream, step, of: number, cache: columns.cache.values[i] as string },
    instance: `${stream}/${number('layer')}/${number('head')}`,
  };
}

/** What the instances of a cache hold, one per stream, layer and head: the sum of their latest values, and its peak. */
class Holdings {
  readonly #latest = new Map<string, number>();
  #now = 0;
  peak = 0;

  hold(instance: string, bytes: number): void {
    this.#now += bytes - (this.#latest.get(instance) ?? 0);
    this.#latest.set(instance, bytes);
    this.peak = Math.max(this.peak, this.#now);
  }

  /** Nothing is held any more. */
  clear(): void {
    this.#latest.clear();
    this.#now = 0;
  }
}

type Measured = 'resident_bytes' | 'metadata_bytes' | 'scratch_bytes' | 'update_ns' | 'plan_ns' | 'attend_ns' | 'err_rel_l2' | 'lost_mass' | 'within_bound' | 'out_of_range' | 'score_std'; // prettier-ignore

class Tally {
  readonly #errors: number[] = [];
  readonly #lost = new Mean();
  readonly #within = new Mean();
  #outOfRange = 0;
  readonly #resident = new Holdings();
  readonly #scratch = new Holdings();
  readonly #held = new Holdings();
  /** Per token, through all heads and layers; its rows stand together. */
  readonly #ms: number[] = [];
  #token = '';

  add({ of, instance, stream, step }: Row): void {
    const [resident, metadata] = [of('resident_bytes') ?? 0, of('metadata_bytes') ?? 0];
    this.#resident.hold(instance, resident);
    this.#held.hold(instance, resident + metadata);
    this.#scratch.hold(instance, of('scratch_bytes') ?? 0);
    const [update, plan, attend] = [of('update_ns'), of('plan_ns'), of('attend_ns')];
    if (update !== null && attend !== null) this.#addTime(`${stream}/${step}`, update + (plan ?? 0) + attend);
    this.#outOfRange += of('out_of_range') ?? 0;
    const error = of('err_rel_l2');
    if (error !== null) this.#errors.push(error);
    this.#lost.add(of('lost_mass'));
    this.#within.add(of('within_bound'));
  }

  endStream(): void {
    for (const holdings of [this.#resident, this.#scratch, this.#held]) holdings.clear();
  }

  #addTime(token: string, ns: number): void {
    if (token !== this.#token) this.#ms.push(0);
    this.#token = token;
    this.#ms[this.#ms.length - 1] += ns / 1e6;
  }

  summary(): Omit<CacheSummary, 'cache'> {
    const ms = Float64Array.from(this.#ms).sort();
    const errors = Float64Array.from(this.#errors).sort();
    return {
      peak_resident_bytes: this.#resident.peak,
      peak_scratch_bytes: this.#scratch.peak,
      peak_held_bytes: this.#held.peak,
      ms_per_token_p50: quantile(ms, 0.5),
      ms_per_token_p95: quantile(ms, 0.95),
      err_rel_l2_mean: meanOf(this.#errors),
      err_rel_l2_p99: quantile(errors, 0.99),
      err_rel_l2_max: quantile(errors, 1),
      lost_mass_mean: this.#lost.value(),
      within_bound_share: this.#within.value(),
      out_of_range: this.#outOfRange,
    };
  }
}

/** A mean that forgets what it was made of; null of nothing. */
class Mean {
  #sum = 0;
  #count = 0;

  add(value: number | null): void {
    if (value === null) return;
    this.#sum += value;
    this.#count++;
  }

  value(): number | null {
    return this.#count === 0 ? null : this.#sum / this.#count;
  }
}

function meanOf(values: readonly number[]): number | null {
  const mean = new Mean();
  for (const value of values) mean.add(value);
  return mean.value();
}

/** The smallest value that at least `share` of the sorted values do not exceed. */
function quantile(sorted: Float64Array, share: number): number | null {
  return sorted.length === 0 ? null : sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}
