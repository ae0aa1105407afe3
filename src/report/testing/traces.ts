import { join } from 'node:path';
import type { RunStart } from '../../../data/schemas/run-file.js';
import { openJournal } from '../../../data/sinks/journal.js';
import { sealTrace } from '../../../data/sinks/seal.js';
import { createTrace } from '../../../data/sinks/trace-folder.js';
import { runStart, stepRow } from '../../../data/testing/rows.js';
import type { MeasureRow, StepRow, TraceBatch } from '../../core/trace.js';

/** A number between 0 and 1 that tells `i`, and has no pattern. */
const noise = (i: number) => (Math.imul(i + 1, 0x9e3779b1) >>> 0) / 2 ** 32;

/** How a made-up cache behaves: bytes and error after n tokens, and its bounds. */
interface Behaviour {
  readonly name: string;
  readonly label: string;
  readonly options: Readonly<Record<string, unknown>>;
  bytes(n: number): number;
  error(n: number, x: number): number;
  readonly bound: 'none' | 'eps' | 'certificate';
}

const four = { name: 'four-cache', label: 'four-cache', options: {}, bound: 'none' } as const;
const BEHAVIOURS: readonly Behaviour[] = [
  { ...four, bytes: (n) => 1024 * n, error: (_, x) => 2e-7 * (0.5 + x) },
  { name: 'window', label: 'window', options: { size: 8 }, bound: 'none', bytes: (n) => 1024 * Math.min(n, 8), error: (n, x) => (n <= 8 ? 2e-7 : (1 - 8 / n) * (0.8 + 0.4 * x)) }, // prettier-ignore
  { name: 'subgen4', label: 'sg', options: {}, bound: 'eps', bytes: (n) => 2048 * n ** 0.6, error: (_, x) => 1 + 0.5 * x },
  { name: 'skip', label: 'skip', options: {}, bound: 'certificate', bytes: (n) => 1100 * n, error: (n, x) => 0.01 * x / n },
]; // prettier-ignore

/** The shape of a made-up trace. */
export interface Shape {
  readonly steps: number;
  readonly layers?: number;
  readonly heads?: number;
  readonly seed?: number;
  readonly measured?: boolean;
  readonly timed?: boolean;
  /** Whose output drives the layers; default: the exact one. */
  readonly driver?: string | null;
}

/** Write and seal a made-up trace in which every plot finds something; the same shape gives the same bytes. */
export async function makeTrace(
  folder: string,
  name: string,
  { steps, layers = 2, heads = 2, seed = 1, measured = true, timed = true, driver = null }: Shape,
  start: Partial<RunStart> = {},
): Promise<string> {
  const dir = join(folder, name);
  const caches = BEHAVIOURS.map(({ name, label, options }) => ({ name, label, options }));
  const config = { kronflow: 1, source: { name: 'gaussian', options: { n: steps } }, caches, seed };
  await createTrace(dir, {
    ...runStart,
    config,
    d: 4,
    heads,
    layers,
    seeds: { seed },
    execution: { threads: 2 },
    ...start,
  });
  const journal = await openJournal(dir, { d: 4, order: 'tensor', clock: { now: () => 0 } });
  for (let step = 0; step < steps; step++) {
    await journal.write(batchOf(step, { layers, heads, seed, measured, timed, driver }));
  }
  await journal.close();
  await sealTrace(dir, { status: 'complete', counters: { read: steps, processed: steps, refused: 0 } });
  return dir;
}

function batchOf(step: number, shape: Required<Omit<Shape, 'steps'>>): TraceBatch {
  const places = Array.from({ length: shape.layers * shape.heads }, (_, i) => {
    return { layer: Math.floor(i / shape.heads), head: i % shape.heads };
  });
  const steps = places.flatMap((place) => BEHAVIOURS.map((cache, c) => rowOf(cache, c, step, place, shape)));
  const looked = shape.measured && step % 4 === 3;
  const measures = [
    ...(shape.measured && step > 0 ? foretold(step, shape) : []),
    ...(looked ? places.flatMap((place) => measuresOf(step, place)) : []),
  ];
  return { steps, ...(measures.length > 0 ? { measures } : {}) };
}

function rowOf(
  { label, bytes, error, bound }: Behaviour,
  c: number,
  step: number,
  { layer, head }: { layer: number; head: number },
  { seed, timed }: Pick<Required<Shape>, 'seed' | 'timed'>,
): StepRow {
  const [n, x] = [step + 1, noise(seed * 1e6 + 64 * step + 16 * layer + 4 * head + c)];
  const err = error(n, x);
  const ns = (value: number) => (timed ? value : null);
  return {
    ...{ ...stepRow(4), stream_id: 0, layer, head, cache: label, step, pos: step, token_id: step, prefill: false },
    ...{ resident_bytes: bytes(n), formula_bytes: bytes(n), metadata_bytes: 0, scratch_bytes: 0 },
    ...{ kept_side1: Math.min(n, 8 + c), kept_side2: Math.min(n, 8 + c), evicted_side1: 0, evicted_side2: 0 },
    ...{ err_rel_l2: err, err_l2: err, err_eps: err / 4, score_std: 1 + 0.2 * x, lost_mass: c === 1 ? Math.min(1, err) : null },
    ...{ claimed_eps: bound === 'eps' ? 0.7 : null, certificate: bound === 'certificate' ? 0.02 : null },
    ...{ within_bound: bound === 'none' ? null : true, out_of_range: null },
    ...{ t_ns: ns(1e6 * n), update_ns: ns(1e4), plan_ns: ns(5e3), queue_ns: ns(2e4) },
    ...{ attend_ns: ns(1e3 * n * (1 + x)), reference_ns: ns(5e4) },
  }; // prettier-ignore
}

/** What a language model said of a token: 2 bits, a tenth more where a cache drives it, which errs at one step of four. */
function foretold(step: number, { driver: cache }: Pick<Required<Shape>, 'driver'>): readonly MeasureRow[] {
  const of = { stream_id: 0, layer: null, head: null, cache, step, x: null };
  return [
    { ...of, name: 'nll', value: Math.LN2 * (cache === null ? 2 : 2.2) },
    { ...of, name: 'likeliest', value: cache !== null && step % 4 === 0 ? 1 : 0 },
  ];
}

function measuresOf(step: number, { layer, head }: { layer: number; head: number }): readonly MeasureRow[] {
  const key = { stream_id: 0, layer, head, step };
  const bins = Math.min(8, step + 1);
  const middle = (b: number) =>
    (Math.floor((b * (step + 1)) / bins) + Math.floor(((b + 1) * (step + 1)) / bins) - 1) / 2;
  const row = (name: string, cache: string | null, b: number, value: number) => ({
    ...key,
    name,
    cache,
    x: middle(b),
    value,
  });
  const all = Array.from({ length: bins }, (_, b) => b);
  return [
    ...['mass-side1', 'mass-side2'].flatMap((name) => all.map((b) => row(name, null, b, 1 / bins))),
    ...['kept-side1', 'kept-side2'].flatMap((name) =>
      all.map((b) => row(name, 'window', b, b === bins - 1 ? 1 : 0)),
    ),
    ...all.map((b) => ({ ...key, name: 'score-share', cache: null, x: b - bins / 2, value: 1 / bins })),
  ];
}

/** A result of an index game, as `index-game --json` prints it. */
export const game = {
  streams: 'four',
  n: 16,
  scores: [
    { cache: 'four-cache', d: 8, information: 1, information_at_least: 1, message_share: 1.1, most_information: 1, kept_bits: 4096, above_diagonal: false },
    { cache: 'window', d: 8, information: 0.2, information_at_least: 0.1, message_share: 0.5, most_information: 0.5, kept_bits: 2048, above_diagonal: false },
  ],
  control: { cache: 'control: four-cache', d: 3, information: 0.5, information_at_least: 0.3, message_share: 1.5, most_information: 1, kept_bits: 1024, above_diagonal: false },
}; // prettier-ignore
