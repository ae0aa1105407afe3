#!/usr/bin/env node
import { CommanderError } from 'commander';
import { Failure } from '../core/failure.js';
import { EXIT, exitCodeOf } from './exit-codes.js';
import { createProgram } from './program.js';

/** Say on stderr what went wrong, in words; a stack only with --debug. Returns the exit code. */
function report(error: unknown): number {
  const debug = process.argv.includes('--debug');
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT.ok;
    if (debug) process.stderr.write(`${error.stack}\n`); // the message has been said already
    return EXIT.refused;
  }
  if (error instanceof Failure) {
    process.stderr.write(`${debug ? error.stack : `kronflow: ${error.message}`}\n`);
  } else {
    const text = error instanceof Error ? error : new Error(String(error));
    process.stderr.write(`kronflow: internal error: ${debug ? text.stack : text.message}\n`);
    if (!debug) process.stderr.write('  hint: run it again with --debug and report what it says\n');
  }
  return exitCodeOf(error);
}

// `kronflow … | head` closes our stdout: that is the end of the work, not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.internal);
});

process.env.KRONFLOW_WASM_REVEC ??= '1'; // a V8 flag for the whole process: this one is ours, a library's is not

try {
  await createProgram().parseAsync(process.argv);
} catch (error) {
  process.exitCode = report(error);
}
