-- Three questions to a trace, in DuckDB. From the folder of a trace:  duckdb < analysis.sql
-- One row of steps.parquet is one cache of one head at one step; unknown is NULL, never 0.

-- 1. Bytes against n: what each cache holds after n tokens, all heads and layers: entries, their formula, bookkeeping.
SELECT cache, step + 1 AS n, sum(resident_bytes) AS resident_bytes, sum(formula_bytes) AS formula_bytes,
       sum(metadata_bytes) AS metadata_bytes
FROM 'steps.parquet'
WHERE stream_id = 0 AND (step + 1) % 50 = 0
GROUP BY cache, n
ORDER BY cache, n;

-- 2. Error against bytes: the trade itself. Bytes are resident and metadata together; R is the standard deviation of the exact scores.
SELECT cache,
       max(resident_bytes + metadata_bytes) AS peak_bytes_per_head,
       avg(err_rel_l2)                      AS error_mean,
       quantile_disc(err_rel_l2, 0.99)      AS error_p99,
       sqrt(avg(score_std ** 2) FILTER (step > 0)) AS score_std_r -- from n = 2 on: one score has none
FROM 'steps.parquet'
WHERE NOT prefill
GROUP BY cache
ORDER BY error_mean, peak_bytes_per_head;

-- 3. Time per token: update, planning and attention through all heads and layers, in milliseconds of thread time.
WITH tokens AS (
  SELECT cache, stream_id, step, sum(update_ns + coalesce(plan_ns, 0) + attend_ns) / 1e6 AS ms
  FROM 'steps.parquet'
  WHERE NOT prefill
  GROUP BY ALL
)
SELECT cache, quantile_disc(ms, 0.5) AS ms_p50, quantile_disc(ms, 0.95) AS ms_p95, max(ms) AS ms_max
FROM tokens
GROUP BY cache
ORDER BY ms_p50;
