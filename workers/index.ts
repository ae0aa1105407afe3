export { SharedArena } from './arena.js';
export { chooseKernel, kernelLadder, type LadderOptions } from './choose-kernel.js';
export { inlinePool } from './inline-pool.js';
export { openPool } from './open-pool.js';
export { createPool, type PoolOptions } from './pool.js';
export type { Rung } from './rung.js';
