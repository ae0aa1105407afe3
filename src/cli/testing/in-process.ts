import { vi } from 'vitest';
import { createProgram } from '../program.js';
import { reportError } from '../report-error.js';
import type { Finished } from './kronflow.js';

const home = process.cwd();

/**
 * Run a command in this process, as `kronflow` would in one of its own: a tenth of the time where hundreds of commands
 * are tried. Changes the working folder of the process meanwhile, and reads no standard input.
 */
export async function kronflowHere(
  args: readonly string[],
  { cwd }: { readonly cwd: string },
): Promise<Omit<Finished, 'signal'>> {
  const said = { stdout: '', stderr: '' };
  const { exitCode } = process;
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      said[name] += String(text);
      return true;
    }),
  );
  process.chdir(cwd);
  process.exitCode = 0;
  try {
    await createProgram().parseAsync(['node', 'kronflow', ...args]);
    return { code: Number(process.exitCode), ...said };
  } catch (error) {
    return { code: reportError(error, false), ...said };
  } finally {
    for (const spy of spies) spy.mockRestore();
    process.chdir(home);
    process.exitCode = exitCode;
  }
}

/** Run a command here that must succeed and say nothing on stderr; returns its stdout. */
export async function succeedHere(args: readonly string[], start: { readonly cwd: string }): Promise<string> {
  const { code, stdout, stderr } = await kronflowHere(args, start);
  if (code === 0 && stderr === '') return stdout;
  throw new Error(`kronflow ${args.join(' ')}: exit ${code}\n${stderr}`);
}
