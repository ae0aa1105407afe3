import { Failure } from '../src/core/failure.js';
import type { SharedMemory } from './arena.js';
import { disagreement } from './check-kernel.js';
import { mayRevectorize, wasmRung } from './choose-wasm.js';
import { KERNELS, type KernelName } from './kernels/kernel.js';
import { loadNative, type InstructionSet } from './kernels/native.js';
import type { Rung } from './rung.js';

/** What may be tried. */
export interface LadderOptions {
  /** Force an instruction set of the native kernel. */
  readonly set?: InstructionSet | '';
  /**
   * Allow the V8 flag that doubles the speed of wasm from Node 24 on. It is experimental and holds for the whole
   * process, so a library must not set it unasked. Default: whether the environment says KRONFLOW_WASM_REVEC=1.
   */
  readonly revectorize?: boolean;
  /** What the kernel will read; default: a memory that every kernel can read. */
  readonly memory?: SharedMemory;
}

/**
 * Every rung on this machine, fastest first. A kernel is used only when it loads and agrees with the reference on
 * a problem with weights, odd sizes and all kinds of jobs.
 */
export async function kernelLadder(options: LadderOptions = {}): Promise<readonly Rung[]> {
  const ladder: Rung[] = [];
  for (const name of KERNELS) ladder.push(await tryRung(name, options)); // one by one: wasm is timed
  return ladder;
}

/**
 * The kernel to use: the fastest that works, or the one asked for. Those below it are not tried.
 * @throws Failure `bad-option` when the one asked for does not work here
 */
export async function chooseKernel(wanted: KernelName | 'auto', options: LadderOptions = {}): Promise<Rung> {
  for (const name of KERNELS) {
    if (wanted !== 'auto' && wanted !== name) continue;
    const rung = await tryRung(name, options);
    if (rung.refused === null) return rung;
    if (wanted === 'auto') continue;
    const hint = 'leave out --kernel, or see kronflow doctor';
    throw new Failure('bad-option', `--kernel ${wanted}: ${rung.refused}`, hint);
  }
  throw new RangeError(`no kernel ${wanted}`);
}

async function tryRung(name: KernelName, options: LadderOptions): Promise<Rung> {
  const { set = '', revectorize = mayRevectorize(), memory } = options;
  if (name === 'native') return nativeRung(set);
  if (name === 'wasm') return readable(memory) ? wasmRung(revectorize) : TOO_LARGE;
  return { name, label: name, refused: null };
}

/** Whether wasm can: its addresses have 32 bits. */
function readable(memory: SharedMemory | undefined): boolean {
  return memory === undefined || memory instanceof WebAssembly.Memory;
}

const TOO_LARGE: Rung = {
  name: 'wasm',
  label: 'wasm',
  refused: 'its memory ends at 4 GiB, and these caches may need more',
};

async function nativeRung(set: InstructionSet | ''): Promise<Rung> {
  const [name, loaded] = ['native' as const, loadNative()];
  if ('why' in loaded) return { name, label: name, refused: loaded.why };
  const chosen = loaded.addon.choose(set);
  if (chosen === null) return { name, label: name, refused: `this processor has no ${set}` };
  const label = `native ${chosen}`;
  return { name, label, refused: await disagreement({ name }, label) };
}
