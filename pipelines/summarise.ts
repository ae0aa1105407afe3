import { readSteps } from '../data/sinks/read-steps.js';
import type { RunFile } from '../data/schemas/run-file.js';

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
}

const COLUMNS = [
  'stream_id', 'layer', 'head', 'step', 'cache', 'resident_bytes', 'metadata_bytes', 'scratch_bytes', 'update_ns',
  'plan_ns', 'attend_ns', 'err_rel_l2', 'lost_mass', 'within_bound', 'out_of_range',
  'score_std',
] as const; // prettier-ignore

/**
 * Summarise a sealed trace, cache by cache in the order of its rows.
 * @throws Failure `bad-trace`
 */
export async function summarise(dir: string): Promise<TraceSummary> {
  const { run, rows, columns } = await readSteps(dir, COLUMNS);
  const tallies = new Map<string, Tally>();
  const variances: number[] = [];
  const steps = new Set<string>();
  const { stream_id, layer, head, step, cache: labels } = columns;
  const number = (name: Exclude<(typeof COLUMNS)[number], 'cache'>, i: number) =>
    columns[name].valid?.[i] === 0 ? null : columns[name].values[i];
  for (let i = 0; i < rows; i++) {
    const stream = stream_id.values[i];
    const key = `${stream}/${step.values[i]}`;
    steps.add(key);
    const cache = labels.values[i];
    const tally = tallies.get(cache) ?? new Tally();
    tallies.set(cache, tally);
    tally.add((name) => number(name, i), `${stream}/${layer.values[i]}/${head.values[i]}`, key);
    const std = number('score_std', i);
    if (std !== null && step.values[i] > 0) variances.push(std * std);
  }
  const caches = [...tallies].map(([cache, tally]) => ({ cache, ...tally.summary() }));
  const variance = mean(variances);
  return { dir, run, tokens: steps.size, score_std: variance === null ? null : Math.sqrt(variance), caches };
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
}

type Measured = 'resident_bytes' | 'metadata_bytes' | 'scratch_bytes' | 'update_ns' | 'plan_ns' | 'attend_ns' | 'err_rel_l2' | 'lost_mass' | 'within_bound' | 'out_of_range'; // prettier-ignore

class Tally {
  readonly #errors: number[] = [];
  readonly #lost: number[] = [];
  readonly #within: number[] = [];
  #outOfRange = 0;
  readonly #resident = new Holdings();
  readonly #scratch = new Holdings();
  readonly #held = new Holdings();
  readonly #ns = new Map<string, number>();

  /** Add one row: `of` gives its columns (null where not measured), `instance` the cache it is about, `key` the token. */
  add(of: (name: Measured) => number | null, instance: string, key: string): void {
    const [resident, metadata] = [of('resident_bytes') ?? 0, of('metadata_bytes') ?? 0];
    this.#resident.hold(instance, resident);
    this.#held.hold(instance, resident + metadata);
    this.#scratch.hold(instance, of('scratch_bytes') ?? 0);
    const [update, plan, attend] = [of('update_ns'), of('plan_ns'), of('attend_ns')];
    if (update !== null && attend !== null) {
      this.#ns.set(key, (this.#ns.get(key) ?? 0) + update + (plan ?? 0) + attend);
    }
    this.#outOfRange += of('out_of_range') ?? 0;
    const into = { err_rel_l2: this.#errors, lost_mass: this.#lost, within_bound: this.#within };
    for (const name of ['err_rel_l2', 'lost_mass', 'within_bound'] as const) {
      const value = of(name);
      if (value !== null) into[name].push(value);
    }
  }

  summary(): Omit<CacheSummary, 'cache'> {
    const ms = Float64Array.from(this.#ns.values(), (ns) => ns / 1e6).sort();
    const errors = Float64Array.from(this.#errors).sort();
    return {
      peak_resident_bytes: this.#resident.peak,
      peak_scratch_bytes: this.#scratch.peak,
      peak_held_bytes: this.#held.peak,
      ms_per_token_p50: quantile(ms, 0.5),
      ms_per_token_p95: quantile(ms, 0.95),
      err_rel_l2_mean: mean(errors),
      err_rel_l2_p99: quantile(errors, 0.99),
      err_rel_l2_max: quantile(errors, 1),
      lost_mass_mean: mean(this.#lost),
      within_bound_share: mean(this.#within),
      out_of_range: this.#outOfRange,
    };
  }
}

function mean(values: ArrayLike<number>): number | null {
  if (values.length === 0) return null;
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}

/** The smallest value that at least `share` of the sorted values do not exceed. */
function quantile(sorted: Float64Array, share: number): number | null {
  return sorted.length === 0 ? null : sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}
