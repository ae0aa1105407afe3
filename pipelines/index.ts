export { createBank, type LabelledCache } from './cache-bank.js';
export { checkBudget, largestFit, type BudgetQuestion } from './check-budget.js';
export { configSchema, type Config } from './config.js';
export { decode, replay, type DecodeOptions, type FlowOptions } from './decode.js';
export { executeRun, type Execution, type Progress } from './execute.js';
export { playIndexGame, type IndexGame, type IndexGameResult, type IndexScore } from './index-game.js';
export { resolveRun, type ResolvedRun, type RunRequest } from './resolve.js';
export { asRecorded, takingTurns, type StreamLength } from './stream-lengths.js';
export { summarise, type CacheSummary, type TraceSummary } from './summarise.js';
