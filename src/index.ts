// The contracts, for those who write caches, operators, sources and sinks of their own. Everything that runs is in
// kronflow/operators, kronflow/pipelines, kronflow/data and kronflow/workers.
export { bounds, boundsInput, type BoundsInput, type Statement } from './bounds/index.js';
export * from './core/cache.js';
export * from './core/event.js';
export * from './core/failure.js';
export * from './core/ledger.js';
export * from './core/memory.js';
export * from './core/operator.js';
export * from './core/plan.js';
export * from './core/plugin.js';
export * from './core/pool.js';
export * from './core/random.js';
export * from './core/run.js';
export * from './core/shape.js';
export * from './core/sink.js';
export * from './core/source.js';
export * from './core/task.js';
export * from './core/trace.js';
export * from './core/weights.js';
export { holdCache, type Holding } from './core/hold-cache.js';
export { VERSION } from './core/version.js';
