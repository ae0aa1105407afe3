import { atoms, attention, matrix, type FeaturesJob, type Plan } from '../src/core/plan.js';
import { randomStream } from '../src/core/random.js';
import { SharedArena } from './arena.js';
import { inlinePool } from './inline-pool.js';
import type { KernelChoice } from './kernels/ladder.js';

// Of the largest coordinate: what float32 multiply-adds may cost, and float64 ones.
const TOLERANCE = { fast: 5e-6, precise: 1e-12 };

/** Why a kernel must not be used: it differs from the reference by more than rounding explains. Null: it agrees. */
export async function disagreement(kernel: KernelChoice, label: string): Promise<string | null> {
  const off = await worstDisagreement(kernel);
  if (off <= 1) return null;
  return `${label} differs from the reference by ${off} times what rounding explains: it is not used`;
}

/** Largest difference from the reference, in tolerances; NaN counts as infinite. */
async function worstDisagreement({ name, build }: KernelChoice): Promise<number> {
  const arena = SharedArena.create('f32');
  let worst = 0;
  for (const [n, d] of [
    [1, 1],
    [67, 19],
    [130, 64],
  ]) {
    const requests = checkRequests(arena, n, d);
    const fast = await inlinePool(arena, name, build).attend(requests);
    const reference = await inlinePool(arena, 'reference').attend(requests);
    for (const [i, { output }] of reference.entries()) {
      const largest = output.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
      const off = output.reduce((max, x, j) => Math.max(max, Math.abs(x - fast[i].output[j])), 0) / largest;
      const allowed = requests[i].precise ? TOLERANCE.precise : TOLERANCE.fast;
      worst = Number.isNaN(off) ? Infinity : Math.max(worst, off / allowed);
    }
  }
  return worst;
}

function checkRequests(arena: SharedArena, n: number, d: number) {
  const random = randomStream(n, 'kernel check', d);
  const rows = (width: number, mean = 0) => {
    const made = arena.rows(width, () => {});
    for (let i = 0; i < n; i++) made.append(Array.from({ length: width }, () => mean + random.gaussian()));
    return made;
  };
  const positive = (width: number) => {
    const made = arena.rows(width, () => {}, 'f64');
    for (let i = 0; i < n; i++) made.append(Array.from({ length: width }, () => 0.5 + random.uniform()));
    return made;
  };
  const q = arena.alloc(d);
  arena.view(q).set(Array.from({ length: d }, () => (3 * random.gaussian()) / Math.sqrt(d)));
  const [one, two] = [atoms(rows(d), rows(d, 1), rows(1)), atoms(rows(d), rows(d, 1))];
  const plans: Plan[] = [
    { jobs: [attention(one, two)] },
    { jobs: [attention(one, null)] },
    { jobs: [attention(two, one, 'numerator', 0.5), attention(two, one, 'denominator', 0.5)] },
  ];
  const sums: FeaturesJob = {
    ...{ kind: 'features', role: 'both', factor: 1, weights: matrix(positive(2)) },
    ...{ side1: matrix(positive(d + 1)), side2: matrix(positive(d + 1)) },
  };
  const precise = [{ jobs: [attention(two, two)] }, { jobs: [sums] }]; // what is float64 in fast kernels too
  return [
    ...plans.map((plan) => ({ q, d, scale: 1, plan, precise: false })),
    ...precise.map((plan) => ({ q, d, scale: 1, plan, precise: true })),
  ];
}
