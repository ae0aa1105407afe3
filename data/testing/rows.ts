import type { EventRow, OutputRow, RecordingRow, StepRow, TraceBatch } from '../../src/core/trace.js';
import type { RunStart } from '../schemas/run-file.js';

const CACHES = ['four-cache', 'two-cache', 'subgen4', 'window'];

/** A steps row that is all its own: every column tells `i`, and some are null for some i. */
export function stepRow(i: number): StepRow {
  const step = Math.floor(i / CACHES.length);
  const clusters = i % 4 === 2 ? step % 64 : null;
  return {
    ...{ stream_id: 0, layer: 0, head: 0, cache: CACHES[i % 4], step, pos: 3 * step },
    ...{ token_id: i % 5 === 0 ? null : (i * 7919) % 50_257, prefill: step < 2 },
    ...{ resident_bytes: 1024 * i + 2 ** 40, formula_bytes: 1024 * i, metadata_bytes: 0, scratch_bytes: 64 },
    ...{ budget_bytes: null, kept_side1: step, kept_side2: step + 1, evicted_side1: 0, evicted_side2: i },
    ...{ clusters_side1: clusters, clusters_side2: clusters, samples: clusters === null ? null : 0 },
    ...{ pairs_scored: i * i, flops: 10 * i * i, err_rel_l2: i % 7 === 0 ? null : 1 / (i + 1) },
    ...{ err_max_abs: i / 3, err_cos: i % 11 === 0 ? NaN : -i, logz_err: i % 13 === 0 ? -Infinity : i },
    ...{
      score_std: 1.5,
      max_score: Math.sqrt(i),
      exact_max_score: i % 6 === 0 ? null : Math.sqrt(i),
      lse: Math.log(i + 1),
      t_ns: 1000 * i,
      update_ns: 7,
    },
    ...{ plan_ns: 5 * i, attend_ns: 11 * i, queue_ns: 13, reference_ns: null },
    ...{ err_l2: i / 7, err_eps: null, claimed_eps: 0.5, certificate: i % 2 === 0 ? null : i },
    ...{ within_bound: i % 3 === 0 ? null : i % 3 === 1, lost_mass: null, topk_recall: i % 2 },
    ...{ out_of_range: i % 5 === 0 ? null : i % 5 === 1, skipped_share: null, skipped_mass: i / 9 },
    ...{ entropy_nats: null, pairs_above_eps: i, pairs_for_mass: 3, top_mass: 0.5, top_mass_law: null },
    ...{ weight_norm: 1 / (i + 1), value_norm: i },
  };
}

/** A vector whose numbers tell `i`, exact in float32. */
export function vector(i: number, d: number): Float32Array {
  return Float32Array.from({ length: d }, (_, j) => i + j / 256);
}

/** The outputs row beside `stepRow(i)`. */
export function outputRow(i: number, d: number): OutputRow {
  const { stream_id, layer, head, cache, step } = stepRow(i);
  return { stream_id, layer, head, cache, step, output: vector(i, d) };
}

/** A row of a recording in tensor order. */
export function recordingRow(i: number, d: number): RecordingRow {
  const [q, k1, k2, v1, v2] = [0, 1, 2, 3, 4].map((part) => vector(10 * i + part, d));
  return {
    stream_id: 0,
    pos: i,
    token_id: i % 3 === 0 ? null : i,
    t_ns: i % 4 === 0 ? null : i * 1e6,
    layer: 0,
    head: 0,
    q,
    k1,
    k2,
    v1,
    v2,
  };
}

/** An events row. */
export function eventRow(i: number): EventRow {
  return { t_ns: i, kind: 'worker-restarted', stream_id: null, step: i, message: `wörker ${i} 🧵\n"again"` };
}

/** What step s of a run with four caches leaves: rows 4s … 4s + 3. */
export function stepBatch(s: number, d: number): TraceBatch {
  const rows = [0, 1, 2, 3].map((k) => 4 * s + k);
  const events = s % 10 === 0 ? [eventRow(s)] : [];
  return { steps: rows.map(stepRow), outputs: rows.map((i) => outputRow(i, d)), events };
}

/** A run.json to start from. */
export const runStart: RunStart = {
  ...{
    run_id: 'test',
    config: { tokens: 8 },
    inputs: [],
    seeds: { run: 1 },
    dtype: 'f32',
    d: 4,
    heads: 1,
    layers: 1,
  },
  ...{
    order: 'tensor',
    scale: 0.5,
    k2_bias: null,
    v2_bias: null,
    lift: null,
    kernel: 'reference',
    execution: {},
  },
  versions: { kronflow: '0.1.0', node: process.version, v8: process.versions.v8, cpu: null },
  started_at: '2026-11-22T08:00:00.000Z',
};
