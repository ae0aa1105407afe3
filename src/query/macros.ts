/** A question that is asked often, as a table macro of SQL. */
export interface Macro {
  readonly name: string;
  /** As it is declared: a default makes an argument optional, and then it is given as `name := value`. */
  readonly args: string;
  readonly doc: string;
  readonly sql: string;
}

/** All macros, in the order in which `.help` and docs/query.md list them. */
export const macros: readonly Macro[] = [
  {
    name: 'held_by_n',
    args: '',
    doc: 'resident and metadata bytes of all layers and heads after n tokens of a stream',
    sql: `select trace, cache, stream_id, step + 1 as n, sum(resident_bytes + metadata_bytes) as held_bytes,
        sum(resident_bytes) as resident_bytes, sum(formula_bytes) as formula_bytes, sum(metadata_bytes) as metadata_bytes
      from steps group by all order by trace, cache, stream_id, n`,
  },
  {
    name: 'ms_by_n',
    args: '',
    doc: 'update, planning and attention of the n-th token through all layers and heads, thread time; decoded tokens only',
    sql: `select trace, cache, stream_id, step + 1 as n, sum((update_ns + coalesce(plan_ns, 0) + attend_ns) / 1e6) as ms
      from steps where not prefill and attend_ns is not null group by all order by trace, cache, stream_id, n`,
  },
  {
    name: 'bytes_slope',
    args: 'from_n := 2',
    doc: 'slope of ln bytes against ln n from that n on: 1 is linear, 2 quadratic, 0 constant; with its R²',
    sql: `select trace, cache, regr_slope(ln(held_bytes), ln(n)) as slope, regr_r2(ln(held_bytes), ln(n)) as r2, min(n) as from_n,
        max(n) as to_n
      from held_by_n() where n >= from_n and held_bytes > 0 group by trace, cache order by trace, slope desc`,
  },
  {
    name: 'ms_slope',
    args: 'from_n := 2',
    doc: 'the same of the time per token; measured times are noisy, so give it a from_n where they are no longer overhead',
    sql: `select trace, cache, regr_slope(ln(ms), ln(n)) as slope, regr_r2(ln(ms), ln(n)) as r2, min(n) as from_n, max(n) as to_n
      from ms_by_n() where n >= from_n and ms > 0 group by trace, cache order by trace, slope desc`,
  },
  {
    name: 'error_quantiles',
    args: '',
    doc: 'nearest ranks of err_rel_l2 over all decoded rows; beside them R, without which errors cannot be compared',
    sql: `select trace, cache, quantile_disc(err_rel_l2, 0.5) as p50, quantile_disc(err_rel_l2, 0.9) as p90,
        quantile_disc(err_rel_l2, 0.99) as p99, max(err_rel_l2) as max, count(err_rel_l2) as answers,
        sqrt(avg(score_std ** 2) filter (step > 0)) as score_std
      from steps group by trace, cache order by trace, p50`,
  },
  {
    name: 'error_by_head',
    args: '',
    doc: 'mean error and R of every layer and head',
    sql: `select trace, cache, layer, head, avg(err_rel_l2) as error_mean, max(err_rel_l2) as error_max,
        sqrt(avg(score_std ** 2) filter (step > 0)) as score_std
      from steps group by trace, cache, layer, head order by trace, cache, layer, head`,
  },
  {
    name: 'by_step',
    args: 'measured, share := 0.5, bin := 100',
    doc: "nearest-rank quantile of a column of steps over bins of steps: by_step('err_rel_l2', share := 0.99, bin := 50)",
    sql: `select trace, cache, step // bin * bin as from_step, quantile_disc(columns(c -> c = measured), share) as value
      from steps group by trace, cache, from_step order by trace, cache, from_step`,
  },
  {
    name: 'crossover',
    args: "baseline := 'four-cache', bin := 16",
    doc: 'first n at which a cache holds less than the baseline (a label), n from which on it always does, and first bin of tokens whose median time is lower; null: never',
    sql: `with held as (
        select trace, cache, n, sum(held_bytes) as held from held_by_n() group by trace, cache, n
      ), bytes as (
        select trace, a.cache, min(n) filter (a.held < b.held) as holds_less_from_n,
          nullif(coalesce(max(n) filter (a.held >= b.held), 0) + 1, max(n) + 1) as holds_less_for_good_from_n
        from held a join held b using (trace, n) where b.cache = baseline and a.cache <> baseline group by trace, a.cache
      ), ms as (
        select trace, cache, (n - 1) // bin * bin + 1 as n, median(ms) as ms from ms_by_n() group by all
      ), times as (
        select trace, a.cache, min(n) filter (a.ms < b.ms) as faster_from_n
        from ms a join ms b using (trace, n) where b.cache = baseline and a.cache <> baseline group by trace, a.cache
      )
      select trace, cache, holds_less_from_n, holds_less_for_good_from_n, faster_from_n
      from bytes left join times using (trace, cache) order by trace, cache`,
  },
  {
    name: 'pareto',
    args: '',
    doc: 'caches that no other cache of their trace beats in both peak bytes and mean error',
    sql: `select trace, cache, peak_held_bytes, err_rel_l2_mean, score_std from by_cache as own
      where err_rel_l2_mean is not null and not exists (
        select 1 from by_cache as other
        where other.trace = own.trace
          and other.peak_held_bytes <= own.peak_held_bytes and other.err_rel_l2_mean <= own.err_rel_l2_mean
          and (other.peak_held_bytes < own.peak_held_bytes or other.err_rel_l2_mean < own.err_rel_l2_mean))
      order by trace, peak_held_bytes`,
  },
  {
    name: 'versus',
    args: 'first, second',
    doc: 'what each cache cost in one trace over what it cost in another, by their labels',
    sql: `select cache, a.peak_held_bytes / b.peak_held_bytes as bytes_ratio, a.ms_per_token_p50 / b.ms_per_token_p50 as ms_ratio,
        a.err_rel_l2_mean / nullif(b.err_rel_l2_mean, 0) as error_ratio, a.score_std as first_score_std, b.score_std as second_score_std
      from by_cache a join by_cache b using (cache) where a.trace = first and b.trace = second order by cache`,
  },
];

/** How a macro is called, without its defaults' values being needed. */
export function signature({ name, args }: Macro): string {
  return `${name}(${args})`;
}

/** The statement that makes a macro. */
export function createMacro({ name, args, sql }: Macro): string {
  return `create macro ${name}(${args}) as table ${sql}`;
}
