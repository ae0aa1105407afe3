export { SharedArena } from './arena.js';
export { chooseKernel, kernelLadder, type Rung } from './choose-kernel.js';
export { inlinePool } from './inline-pool.js';
export { createPool, type PoolOptions } from './pool.js';
