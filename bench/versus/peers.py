"""numpy or torch as a contender: one step written the smart way, two matrix products and no n² × d memory.

`python peers.py numpy|torch THREADS`; the protocol is that of protocol.ts.
"""

import json
import os
import resource
import sys
import time

name, threads = sys.argv[1], int(sys.argv[2])
for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = str(threads)

import numpy as np  # noqa: E402  (it reads the variables above when it is loaded)


def numpy_step(q, k1, k2, v1, v2):
    scores = (k1 * q) @ k2.T
    scores -= scores.max()
    np.exp(scores, out=scores)
    return (v1 * (scores @ v2)).sum(0) / scores.sum()


def load_torch():
    import torch

    torch.set_num_threads(threads)
    torch.set_grad_enabled(False)

    def torch_step(q, k1, k2, v1, v2):
        scores = (k1 * q) @ k2.T
        scores.sub_(scores.max()).exp_()
        return (v1 * (scores @ v2)).sum(0) / scores.sum()

    return torch, torch_step


torch, step = load_torch() if name == "torch" else (None, numpy_step)
wrap = torch.from_numpy if torch else lambda x: x


def blas():
    if torch:
        return f"{torch.__version__}, {torch.get_num_threads()} threads, MKL {torch.backends.mkl.is_available()}"
    build = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return f"{np.__version__}, {build['name']} {build['version']}, {threads} threads"


def decode(rows):
    """Append and answer, from nothing; the buffers have their last size from the start."""
    q, *source = rows
    kept = [wrap(np.empty_like(np.asarray(x))) for x in source]
    for i in range(len(q)):
        for into, x in zip(kept, source):
            into[i] = x[i]
        output = step(q[i], *[x[: i + 1] for x in kept])
    return output


def repeat(once, count, limit):
    """Times of `once` in milliseconds, and what it returned last; ends early after `limit` milliseconds."""
    taken, output, end = [], None, time.perf_counter() + limit / 1e3
    for _ in range(count):
        start = time.perf_counter()
        if taken and start > end:
            break
        output = once()
        taken.append((time.perf_counter() - start) * 1e3)
    return taken, output


def burst(task, rows):
    once = (lambda: decode(rows)) if task["job"] == "decode" else (lambda: step(rows[0][-1], *rows[1:]))
    repeat(once, task["warmup"], task["limit"])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw
    taken, output = repeat(once, max(1, task["count"]), task["limit"])
    switches = resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw - before
    return {"ms": taken, "output": output.tolist(), "switches": switches, "bytes": None}


def main():
    print(json.dumps({"version": f"{name} {blas()}"}), flush=True)
    known, rows = None, None
    for line in sys.stdin:
        task = json.loads(line)
        if task["file"] != known:
            known = task["file"]
            data = np.fromfile(known, dtype=np.float32).reshape(5, task["n"], task["d"])
            rows = [wrap(x) for x in data]
        print(json.dumps(burst(task, rows)), flush=True)


main()
