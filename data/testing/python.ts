import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * The Python with pandas, pyarrow and polars that `.ci/run` makes; null where a user has none, and then tests
 * say `it.skipIf(pythonPath === null)`.
 */
export const pythonPath = find();

function find(): string | null {
  const path = process.env.KRONFLOW_PYTHON;
  if (path) return path;
  if (process.env.CI) throw new Error('KRONFLOW_PYTHON is not set: in CI the readers must be tested');
  console.warn('KRONFLOW_PYTHON is not set: tests with pandas, pyarrow and polars are skipped');
  return null;
}

/** Run a script with arguments; what it prints is JSON. */
export async function runPython(script: string, ...args: readonly string[]): Promise<unknown> {
  if (pythonPath === null) throw new Error('no Python: skip this test');
  const { stdout } = await run(pythonPath, ['-c', script, ...args], { maxBuffer: 1 << 26 });
  return JSON.parse(stdout) as unknown;
}
