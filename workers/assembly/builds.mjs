/**
 * The builds, slowest first. They differ in how many sums fit into the registers that V8 leaves: `keys` × 2 vectors of
 * scores and `rows` × 2 vectors of values, a vector being `pair` × v128. `relaxed` multiplies and adds in one
 * instruction. `unroll` steps share the checks at the end of a loop: without fused operations those are what limits.
 */
export const BUILDS = {
  'wasm-128': { pair: 1, keys: 4, rows: 4, relaxed: false, unroll: 2 },
  'wasm-relaxed': { pair: 1, keys: 6, rows: 6, relaxed: true, unroll: 1 },
  'wasm-paired': { pair: 2, keys: 6, rows: 6, relaxed: true, unroll: 1 },
};
