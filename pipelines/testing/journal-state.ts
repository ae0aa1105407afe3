import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseCommit } from '../../data/sinks/commit-log.js';

/** What a run has promised so far, as anybody can read it from its folder while it runs. */
export interface JournalState {
  /** Rows of steps that are acknowledged. */
  readonly steps: number;
}

/** Read the commits of a journal; zeros before there are any, and null once the journal is gone. */
export function journalState(dir: string): JournalState | null {
  if (existsSync(join(dir, 'steps.parquet')) && !existsSync(join(dir, 'journal'))) return null;
  const path = join(dir, 'journal', 'commits');
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const lines = text.split('\n').slice(0, -1); // what follows the last newline is still being written
  const rows = lines.map((line) => parseCommit(line)?.tables.steps?.rows ?? 0);
  return { steps: rows.reduce((sum, count) => sum + count, 0) };
}

/** Resolve when `ready` says so, looked at every millisecond, or when `ended` is. */
export async function until(ready: () => boolean, ended: Promise<unknown>): Promise<void> {
  let over = false;
  void ended.then(() => (over = true));
  while (!over && !ready()) await pause(1);
}

/** Wait for some milliseconds. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
