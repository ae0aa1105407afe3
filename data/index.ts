export { openJournal, type Journal, type JournalOptions } from './sinks/journal.js';
export { readSteps, type StepColumn, type Steps } from './sinks/read-steps.js';
export { sealTrace, type Sealed } from './sinks/seal.js';
export { readRunFile } from './sinks/trace-folder.js';
export type { RunFile } from './schemas/run-file.js';
export { sources } from './sources/index.js';
