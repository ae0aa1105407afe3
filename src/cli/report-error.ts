import { CommanderError } from 'commander';
import { isFailure } from '../core/failure.js';
import { EXIT, exitCodeOf } from './exit-codes.js';

/** Say on stderr what went wrong, in words; a stack only with --debug. Returns the exit code. */
export function reportError(error: unknown, debug: boolean): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT.ok;
    if (debug) process.stderr.write(`${error.stack}\n`); // the message has been said already
    return EXIT.refused;
  }
  if (isFailure(error)) {
    process.stderr.write(`${debug ? error.stack : `kronflow: ${error.message}`}\n`);
  } else {
    const text = error instanceof Error ? error : new Error(String(error));
    process.stderr.write(`kronflow: internal error: ${debug ? text.stack : text.message}\n`);
    if (!debug) process.stderr.write('  hint: run it again with --debug and report what it says\n');
  }
  return exitCodeOf(error);
}
