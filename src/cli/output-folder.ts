import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The folder of a run that named none: the next free traces/run-N; repeats add a number of theirs. */
export async function nextTraceFolder(): Promise<string> {
  const names = await readdir('traces').catch(() => [] as string[]);
  const last = names.reduce(
    (most, name) => Math.max(most, Number(/^run-(\d+)(?:-\d+)?$/.exec(name)?.[1] ?? 0)),
    0,
  );
  return join('traces', `run-${last + 1}`);
}
