import { join } from 'node:path';
import type { Command } from 'commander';
import { makeReport } from '../report/make-report.js';
import { reportText } from './commands/report.js';

/** What the flags of `withReportFlags` say; undefined where the user said nothing. */
export interface ReportFlags {
  readonly report?: boolean;
}

/** `--report` and `--no-report` of commands that leave a trace. */
export function withReportFlags(command: Command): Command {
  return command
    .option('--report', 'end by writing report.html into the trace (default: when a person watches)')
    .option('--no-report', 'do not write a report');
}

/**
 * Write a report of the trace that was made and say where it is. People get one unless they say no, programs only if they
 * ask, and with --json the word of it goes to stderr; a report that cannot be made is a remark, for the run is done.
 */
export async function reportAtEnd(
  dir: string,
  { json = false, report = process.stdout.isTTY && !json }: ReportFlags & { readonly json?: boolean },
): Promise<void> {
  if (!report) return;
  try {
    const text = reportText(await makeReport([dir], join(dir, 'report.html')));
    (json ? process.stderr : process.stdout).write(`${text}\n`);
  } catch (error) {
    process.stderr.write(
      `no report was written: ${error instanceof Error ? error.message : String(error)}\n`,
    );
  }
}
