export { createBank, type LabelledCache } from './cache-bank.js';
export { checkBudget, largestFit, type BudgetQuestion } from './check-budget.js';
export { configSchema, type Config } from './config.js';
export { decode, replay, type DecodeOptions, type FlowOptions } from './decode.js';
export { executeRun, type Execution, type Progress } from './execute.js';
export { memorySink, type MemorySink } from './memory-sink.js';
export {
  openRun,
  type CacheEntry,
  type PluginEntry,
  type OpenRun,
  type OpenRunOptions,
  type SourceEntry,
} from './open-run.js';
export { playIndexGame, type IndexGame, type IndexGameResult, type IndexScore } from './index-game.js';
export { resumeRun, type Resumed, type ResumeExecution, type ResumeStart } from './resume.js';
export { resolveRun, type ResolvedRun, type RunRequest } from './resolve.js';
export { asRecorded, takingTurns, type StreamLength } from './stream-lengths.js';
export { lintTrace, type Linted } from './lint/lint-trace.js';
export { summarise, type CacheSummary, type TraceSummary } from './summarise.js';
export { verifyTraces, type Difference, type Verified } from './verify.js';
