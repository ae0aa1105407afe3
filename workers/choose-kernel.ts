import { Failure } from '../src/core/failure.js';
import { atoms, attention, type Plan } from '../src/core/plan.js';
import { randomStream } from '../src/core/random.js';
import { SharedArena } from './arena.js';
import { inlinePool } from './inline-pool.js';
import { KERNELS, type KernelName } from './kernels/kernel.js';
import { loadNative, type InstructionSet } from './kernels/native.js';

// Of the largest coordinate: what float32 multiply-adds may cost, and float64 ones.
const TOLERANCE = { fast: 5e-6, precise: 1e-12 };

/** A rung of the ladder on this machine. */
export interface Rung {
  readonly name: KernelName;
  /** As in run.json: the name, and the instruction set where there is one. */
  readonly label: string;
  /** Why it cannot be used; null when it can. */
  readonly refused: string | null;
}

/**
 * Every rung on this machine, fastest first. A kernel is used only when it loads and agrees with the reference on
 * a problem with weights, odd sizes and all kinds of jobs; `set` forces an instruction set.
 */
export async function kernelLadder(set: InstructionSet | '' = ''): Promise<readonly Rung[]> {
  return Promise.all(
    KERNELS.map((name) => (name === 'native' ? nativeRung(set) : { name, label: name, refused: null })),
  );
}

/**
 * The kernel to use: the fastest that works, or the one asked for.
 * @throws Failure `bad-option` when the one asked for does not work here
 */
export async function chooseKernel(wanted: KernelName | 'auto'): Promise<Rung> {
  const ladder = await kernelLadder();
  const rung = ladder.find(({ name, refused }) => (wanted === 'auto' ? refused === null : name === wanted));
  if (rung === undefined) throw new RangeError(`no kernel ${wanted}`);
  if (rung.refused === null) return rung;
  throw new Failure(
    'bad-option',
    `--kernel ${wanted}: ${rung.refused}`,
    'leave out --kernel, or see kronflow doctor',
  );
}

async function nativeRung(set: InstructionSet | ''): Promise<Rung> {
  const [name, loaded] = ['native' as const, loadNative()];
  if ('why' in loaded) return { name, label: name, refused: loaded.why };
  const chosen = loaded.addon.choose(set);
  if (chosen === null) return { name, label: name, refused: `this processor has no ${set}` };
  const label = `native ${chosen}`;
  const off = await worstDisagreement(name);
  const wrong = `${label} differs from the reference by ${off} times what rounding explains: it is not used`;
  const refused = off <= 1 ? null : wrong;
  return { name, label, refused };
}

/** Largest difference from the reference, in tolerances; NaN counts as infinite. */
async function worstDisagreement(kernel: KernelName): Promise<number> {
  const arena = SharedArena.create('f32');
  let worst = 0;
  for (const [n, d] of [
    [1, 1],
    [67, 19],
    [130, 64],
  ]) {
    const requests = checkRequests(arena, n, d);
    const fast = await inlinePool(arena, kernel).attend(requests);
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
  const q = arena.alloc(d);
  arena.view(q).set(Array.from({ length: d }, () => (3 * random.gaussian()) / Math.sqrt(d)));
  const [one, two] = [atoms(rows(d), rows(d, 1), rows(1)), atoms(rows(d), rows(d, 1))];
  const plans: Plan[] = [
    { jobs: [attention(one, two)] },
    { jobs: [attention(one, null)] },
    { jobs: [attention(two, one, 'numerator', 0.5), attention(two, one, 'denominator', 0.5)] },
  ];
  const exact = { q, d, scale: 1, plan: { jobs: [attention(two, two)] }, precise: true };
  return [...plans.map((plan) => ({ q, d, scale: 1, plan, precise: false })), exact];
}
