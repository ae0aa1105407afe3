import { literal } from './sql-text.js';

/**
 * The summary of `kronflow inspect` in SQL, a row per trace and cache: the same numbers, which a test compares. `numbered`
 * is the view of steps with file_row_number, the order in which rows were written.
 *
 * Peaks are of what all heads, layers and streams hold together. Each row changes what its instance (stream, layer,
 * head) holds; the running sum of these changes is what all hold at that moment. Of the traces that are named by `windowed` only
 * one stream lives at a time, so that each has a sum of its own.
 */
export function byCacheView(numbered: string, caches: string, windowed: readonly string[]): string {
  const alone = windowed.length === 0 ? 'false' : `trace in (${windowed.map(literal).join(', ')})`;
  return `
with changes as (
  select trace, cache, file_row_number as place, if(${alone}, stream_id, 0) as alive,
    resident_bytes - lag(resident_bytes, 1, 0) over instance as resident,
    resident_bytes + metadata_bytes - lag(resident_bytes + metadata_bytes, 1, 0) over instance as held,
    scratch_bytes - lag(scratch_bytes, 1, 0) over instance as scratch
  from ${numbered}
  window instance as (partition by trace, cache, stream_id, layer, head order by file_row_number)
), holdings as (
  select trace, cache, sum(resident) over so_far as resident, sum(held) over so_far as held, sum(scratch) over so_far as scratch
  from changes
  window so_far as (partition by trace, cache, alive order by place rows unbounded preceding)
), peaks as (
  select trace, cache, max(resident) as peak_resident_bytes, max(scratch) as peak_scratch_bytes, max(held) as peak_held_bytes
  from holdings group by all
), tokens_of_caches as (
  select trace, cache, stream_id, step, sum((update_ns + coalesce(plan_ns, 0) + attend_ns) / 1e6) as ms
  from ${numbered} group by all
), times as (
  select trace, cache, quantile_disc(ms, 0.5) as ms_per_token_p50, quantile_disc(ms, 0.95) as ms_per_token_p95
  from tokens_of_caches group by all
), errors as (
  select trace, cache, avg(err_rel_l2) as err_rel_l2_mean, quantile_disc(err_rel_l2, 0.99) as err_rel_l2_p99,
    max(err_rel_l2) as err_rel_l2_max, avg(lost_mass) as lost_mass_mean, avg(within_bound::INTEGER) as within_bound_share,
    coalesce(sum(out_of_range::INTEGER), 0)::BIGINT as out_of_range, min(file_row_number) as place
  from ${numbered} group by all
), traces as (
  select trace, sqrt(avg(score_std ** 2) filter (step > 0)) as score_std,
    count(distinct stream_id::BIGINT << 32 | step) as tokens
  from ${numbered} group by all
)
select trace, cache, plugin, options, tokens, score_std, peak_resident_bytes, peak_scratch_bytes, peak_held_bytes,
  ms_per_token_p50, ms_per_token_p95, err_rel_l2_mean, err_rel_l2_p99, err_rel_l2_max, lost_mass_mean, within_bound_share,
  out_of_range
from errors join peaks using (trace, cache) join times using (trace, cache) join traces using (trace)
  left join ${caches} as configured using (trace, cache)
order by trace, errors.place`;
}
