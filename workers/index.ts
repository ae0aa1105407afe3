export { SharedArena } from './arena.js';
export { inlinePool } from './inline-pool.js';
export { createPool, type PoolOptions } from './pool.js';
