"""Three questions to a trace, in pandas: bytes against n, error against bytes, time per token.

    pip install -r examples/requirements.txt
    python examples/analysis.py TRACE

One row of steps.parquet is one cache of one head at one step; unknown is null, never 0.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd


def nearest_rank(values: pd.Series, share: float) -> float:
    """The smallest value that at least this share of the values do not exceed, as DuckDB's quantile_disc."""
    known = values.dropna()
    return np.quantile(known, share, method="inverted_cdf") if len(known) else np.nan


def bytes_against_n(steps: pd.DataFrame) -> pd.DataFrame:
    """Bytes after n tokens of stream 0, all heads and layers: entries, their formula, bookkeeping."""
    first = steps[(steps.stream_id == 0) & ((steps.step + 1) % 50 == 0)]
    columns = ["resident_bytes", "formula_bytes", "metadata_bytes"]
    return first.assign(n=first.step + 1).groupby(["cache", "n"])[columns].sum()


def error_against_bytes(steps: pd.DataFrame) -> pd.DataFrame:
    """The trade itself. Bytes are resident and metadata together; score_std_r is R of the exact scores from n = 2 on: one score has no deviation."""
    decoded = steps[~steps.prefill]
    decoded = decoded.assign(
        held_bytes=decoded.resident_bytes + decoded.metadata_bytes,
        score_variance=decoded.score_std.where(decoded.step > 0) ** 2,
    )
    return (
        decoded.groupby("cache")
        .agg(
            peak_bytes_per_head=("held_bytes", "max"),
            error_mean=("err_rel_l2", "mean"),
            error_p99=("err_rel_l2", lambda errors: nearest_rank(errors, 0.99)),
            score_std_r=("score_variance", lambda variance: np.sqrt(variance.mean())),
        )
        .sort_values(["error_mean", "peak_bytes_per_head"])
    )


def time_per_token(steps: pd.DataFrame) -> pd.DataFrame:
    """Update, planning and attention of one token through all heads and layers, in milliseconds of thread time."""
    decoded = steps[~steps.prefill]
    ns = decoded.update_ns + decoded.plan_ns.fillna(0) + decoded.attend_ns
    ms = ns.groupby([decoded.cache, decoded.stream_id, decoded.step]).sum(min_count=1) / 1e6
    shares = {"ms_p50": 0.5, "ms_p95": 0.95, "ms_max": 1}
    return pd.DataFrame({name: ms.groupby("cache").agg(nearest_rank, share) for name, share in shares.items()})


def main(trace: Path) -> None:
    steps = pd.read_parquet(trace / "steps.parquet")
    for question in (bytes_against_n, error_against_bytes, time_per_token):
        print(f"\n{question.__doc__.splitlines()[0]}\n{question(steps).to_string()}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
