import { setFlagsFromString } from 'node:v8';
import { describe, expect, it } from 'vitest';
import { atoms, attention } from '../../src/core/plan.js';
import { SharedArena } from '../arena.js';
import { chooseKernel, kernelLadder } from '../choose-kernel.js';
import { mayRevectorize } from '../choose-wasm.js';
import { inlinePool } from '../inline-pool.js';
import { kernelSuite } from '../testing/kernel-suite.js';
import { TILINGS } from './kernel.js';
import { WASM_BUILDS, wasmBytes } from './wasm.js';

const here = WASM_BUILDS.filter((build) => WebAssembly.validate(wasmBytes(build)));
const modern = Number.parseInt(process.versions.v8) >= 13;
if (modern && mayRevectorize()) setFlagsFromString('--experimental-wasm-revectorize'); // wasm.slow.test.ts asks for it

describe.each(here.map((build) => ({ build })))('$build (L8)', ({ build }) => {
  kernelSuite((arena) => inlinePool(arena, 'wasm', build));
});

describe('wasm', () => {
  it('has the builds that this engine can run: all from Node 24 on', () => {
    if (modern) expect(here).toEqual(WASM_BUILDS);
    else expect(here).toContain('wasm-128');
  });

  it('is chosen when asked for, and says which build it is', async () => {
    const { name, label, refused } = await chooseKernel('wasm', { revectorize: false });
    expect({ name, label, refused }).toEqual({
      name: 'wasm',
      label: modern ? 'wasm relaxed' : 'wasm 128-bit',
      refused: null,
    });
    const rung = (await kernelLadder({ revectorize: false })).find(({ name }) => name === 'wasm');
    expect(rung?.note).toMatch(modern ? /KRONFLOW_WASM_REVEC=1/ : /Node 24/);
  });

  it('leaves a memory of float64 to the reference', async () => {
    const arena = SharedArena.create('f64');
    const rows = arena.rows(3, () => {});
    for (let i = 0; i < 20; i++) rows.append([Math.sin(i), Math.cos(i), i / 7]);
    const q = arena.alloc(3);
    arena.view(q).fill(0.5);
    const request = { q, d: 3, scale: 1, plan: { jobs: [attention(atoms(rows, rows), null)] } };
    const [fast] = await inlinePool(arena, 'wasm').attend([request]);
    const [reference] = await inlinePool(arena).attend([request]);
    expect([...fast.output]).toEqual([...reference.output]);
  });

  it('keeps to the scratch memory of its thread', async () => {
    const arena = SharedArena.create('f32');
    const rows = arena.rows(256, () => {});
    for (let i = 0; i < 70; i++) rows.append(Array.from({ length: 256 }, (_, t) => Math.sin(i + t)));
    const q = arena.alloc(256);
    const plan = { jobs: [attention(atoms(rows, rows), atoms(rows, rows), 'both', 0.5)] };
    const before = arena.reservedBytes;
    const pool = inlinePool(arena, 'wasm');
    await pool.attend([{ q, d: 256, scale: 1, plan }]);
    const guard = arena.allocBytes(4096); // lies behind everything that the pool has
    expect(guard).toBeGreaterThanOrEqual(before + TILINGS.wasm.scratch);
    new Uint8Array(arena.memory.buffer).fill(7, guard);
    await pool.attend([{ q, d: 256, scale: 1, plan }]);
    expect(new Uint8Array(arena.memory.buffer).subarray(guard).every((byte) => byte === 7)).toBe(true);
  });
});
