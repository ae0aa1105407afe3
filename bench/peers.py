"""One decode step in numpy and torch, written the smart way: two matrix products, no n² × d memory.

Reads lines `peer n d count` on stdin and answers each with the median milliseconds of `count` steps in a row, after
two that warm up. Data are made once per size.
"""

import sys
import time

import numpy as np

try:
    import torch
except ImportError:
    torch = None


def numpy_step(q, k1, k2, v1, v2):
    scores = (k1 * q) @ k2.T
    scores -= scores.max()
    np.exp(scores, out=scores)
    return (v1 * (scores @ v2)).sum(0) / scores.sum()


def torch_step(q, k1, k2, v1, v2):
    scores = (k1 * q) @ k2.T
    scores = torch.exp(scores - scores.max())
    return (v1 * (scores @ v2)).sum(0) / scores.sum()


def problem(n, d, seed=0):
    rng = np.random.default_rng(seed)
    rows = [rng.standard_normal((n, d)).astype(np.float32) for _ in range(4)]
    return [rng.standard_normal(d).astype(np.float32) / np.float32(np.sqrt(d)), *rows]


def times(step, data, count):
    taken = []
    for _ in range(count + 2):
        start = time.perf_counter()
        step(*data)
        taken.append(time.perf_counter() - start)
    return taken


def main():
    steps = {"numpy": numpy_step, **({"torch": torch_step} if torch else {})}
    print(" ".join([f"numpy={np.__version__}"] + ([f"torch={torch.__version__}"] if torch else [])), flush=True)
    known = {}
    for line in sys.stdin:
        peer, n, d, count = line.split()
        key = (peer, int(n), int(d))
        if key not in known:
            data = problem(int(n), int(d))
            known[key] = [torch.from_numpy(x) for x in data] if peer == "torch" else data
        print(np.median(times(steps[peer], known[key], int(count))[2:]) * 1e3, flush=True)


main()
