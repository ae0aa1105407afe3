#!/usr/bin/env node
import { EXIT } from './exit-codes.js';
import { createProgram } from './program.js';
import { reportError } from './report-error.js';

// `kronflow … | head` closes our stdout: that is the end of the work, not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.internal);
});

process.env.KRONFLOW_WASM_REVEC ??= '1'; // a V8 flag for the whole process: this one is ours, a library's is not

try {
  await createProgram().parseAsync(process.argv);
} catch (error) {
  process.exitCode = reportError(error, process.argv.includes('--debug'));
}
