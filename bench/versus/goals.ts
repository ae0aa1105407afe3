import { judged, type Finding } from '../measure.js';
import { reached } from '../report.js';
import type { PeakSet } from './peak.js';
import type { Results } from './results.js';

/** A finding with a target, and the same from the best round of everybody: what a quieter machine might show. */
export interface Goal extends Finding {
  readonly best: number | null;
}

/** The share of a goal that was reached by the medians and by the best rounds, whichever is less: 1 and above, met. */
export function reachedByBoth(goal: Goal): number {
  return Math.min(reached(goal)!, goal.best === null ? Infinity : reached({ ...goal, value: goal.best })!);
}

type Figure = 'ms' | 'bestMs';
type Value = (figure: Figure) => number | null;

/** Everything that was asked of the kernels and could be measured in this run. */
export function goals(results: Results): readonly Goal[] {
  const list: Goal[] = [];
  const add = (name: string, unit: string, at: 'most' | 'least', limit: number, value: Value) => {
    const middle = value('ms');
    if (middle !== null) list.push({ ...judged(name, middle, unit, at, limit), best: value('bestMs') });
  };
  const than = (name: string, ours: string, peer: string, n: number, d: number, limit: number) =>
    add(`${name}: times as fast as ${peer}`, '×', 'least', limit, (figure) =>
      divide(stepTime(results, peer, n, d, figure), stepTime(results, ours, n, d, figure)),
    );
  const ofPeak = (name: string, ours: string, n: number, set: PeakSet, limit: number) =>
    add(
      `${name}: share of the ${set === '128' ? '128-bit' : set.toUpperCase()} peak`,
      '%',
      'least',
      limit,
      (figure) => percent(results.peaks[set], 4 * n * n * 64, stepTime(results, ours, n, 64, figure)),
    );

  than('native, n = 2048', 'native', 'numpy', 2048, 64, 4);
  than('native, n = 2048', 'native', 'onnx', 2048, 64, 2);
  ofPeak('native, n = 2048', 'native', 2048, 'avx512', 80);
  than('native, n = 4096', 'native', 'numpy', 4096, 64, 4.5);
  than('native, n = 2048, d = 16', 'native', 'numpy', 2048, 16, 6);
  than('wasm, Node 24, n = 2048', 'wasm, Node 24', 'numpy', 2048, 64, 1.7);
  than('wasm, Node 24, n = 2048', 'wasm, Node 24', 'torch', 2048, 64, 2.4);
  ofPeak('wasm, Node 24, n = 2048', 'wasm, Node 24', 2048, 'avx2', 80);
  for (const n of [1024, 2048, 4096]) ofPeak(`wasm, n = ${n}`, 'wasm', n, '128', 72);
  for (const n of [64, 128]) {
    for (const [ours, limit] of [
      ['native', 0.3],
      ['wasm', 0.6],
      ['wasm, Node 24', 0.6],
    ] as const) {
      add(`${ours}, n = ${n}: share of numpy's time`, '×', 'most', limit, (figure) =>
        divide(stepTime(results, ours, n, 64, figure), stepTime(results, 'numpy', n, 64, figure)),
      );
    }
  }
  for (const [ours, limit] of [
    ['native', 0.36],
    ['wasm, Node 24', 0.7],
  ] as const) {
    add(`${ours}, decode loop to 1024: share of numpy's time`, '×', 'most', limit, (figure) =>
      divide(decodeTime(results, ours, figure), decodeTime(results, 'numpy', figure)),
    );
  }
  return [...list, ...ofForms(results), ...ofNeedle(results), ...ofPipeline(results)];
}

function ofForms({ forms }: Results): readonly Goal[] {
  return [...new Set(forms.map(({ kernel }) => kernel))].flatMap((kernel) => {
    const of = (cache: string) => forms.find((form) => form.kernel === kernel && form.cache === cache)!;
    const [fused, two, all] = [of('four-cache'), of('two-cache'), of('four-cache-materialising')];
    const goal = (name: string, limit: number, middle: number, best: number | null): Goal => ({
      ...judged(`${kernel}, n = 2048: ${name}`, middle, '×', 'least', limit),
      best,
    });
    return [
      goal('fused, times as fast as two-cache', 15, two.ms / fused.ms, two.bestMs / fused.bestMs),
      goal('bytes of two-cache, in those of fused', 100, two.bytes / fused.bytes, null),
      goal('two-cache, times as fast as materialising', 1, all.ms / two.ms, all.bestMs / two.bestMs),
    ];
  });
}

function ofNeedle({ needle }: Results): readonly Goal[] {
  if (needle.length === 0) return [];
  const [plain, skipping] = needle;
  const name = 'one needle, n = 2048: skipping, times as fast as without';
  return [
    { ...judged(name, plain.ms / skipping.ms, '×', 'least', 20), best: plain.bestMs / skipping.bestMs },
  ];
}

function ofPipeline({ pipeline }: Results): readonly Goal[] {
  return pipeline.map(({ threads, inKernel, kernel }) => ({
    ...judged(
      `run to n = 2048, ${kernel}, ${threads} thread${threads > 1 ? 's' : ''}: wall time inside the kernel`,
      100 * inKernel,
      '%',
      'least',
      90,
    ),
    best: null,
  }));
}

/** Milliseconds of one step; null where this contender was not there. */
export function stepTime(
  { steps }: Results,
  name: string,
  n: number,
  d: number,
  figure: Figure,
): number | null {
  return steps.find((step) => step.name === name && step.n === n && step.d === d)?.[figure] ?? null;
}

function decodeTime({ decode }: Results, name: string, figure: Figure): number | null {
  return decode.find((loop) => loop.name === name)?.[figure] ?? null;
}

function divide(above: number | null, below: number | null): number | null {
  return above === null || below === null ? null : above / below;
}

function percent(peak: number | undefined, flops: number, ms: number | null): number | null {
  return peak === undefined || ms === null ? null : (100 * flops) / ms / 1e6 / peak;
}
