import type { Command } from 'commander';
import { executeRun } from '../../../pipelines/execute.js';
import { resolveRun, type RunRequest } from '../../../pipelines/resolve.js';
import { summarise } from '../../../pipelines/summarise.js';
import { asRecorded, type Said } from '../as-recorded.js';
import { EXIT } from '../exit-codes.js';
import { nextTraceFolder } from '../output-folder.js';
import { progressBar } from '../progress.js';
import { addRunFlags, requestOf, type RunFlags } from '../run-flags.js';
import { addSourceFlags } from '../source-flags.js';
import { summaryTable } from '../summary-table.js';

/** `run`, `record` and `replay`: three ways into the same flow. */
export function addRunCommands(program: Command): void {
  addRunFlags(addSourceFlags(program.command('run')))
    .description('decode a text through several caches side by side and leave a trace')
    .argument('[file]', 'text file, or - for standard input (default: the guide that ships with kronflow)')
    .action((file: string | undefined, flags: RunFlags) => carryOut(requestOf(flags, file, false), flags));
  addRunFlags(addSourceFlags(program.command('record')))
    .description('like run, and write q, k1, k2, v1, v2 of every token as a recording')
    .argument('[file]', 'text file, or - for standard input')
    .action((file: string | undefined, flags: RunFlags) => carryOut(requestOf(flags, file, true), flags));
  addRunFlags(program.command('replay'))
    .description(
      'decode a recording: Parquet, Arrow, or the trace of `kronflow record`, which also says caches, prompt and seed',
    )
    .argument('<recording>', 'recording.parquet, an Arrow file, or a folder with a recording')
    .action(async (path: string, flags: RunFlags, command: Command) => {
      const request = requestOf(flags, { recording: path }, false);
      const said: Said = (flag) => !['default', undefined].includes(command.getOptionValueSource(flag));
      await carryOut(await asRecorded(request, path, said), flags);
    });
}

async function carryOut(request: RunRequest, flags: RunFlags): Promise<void> {
  const resolved = await resolveRun(request, process.stdin);
  const dir = flags.output ?? (await nextTraceFolder());
  const bar = progressBar(resolved.steps);
  const interrupt = new AbortController();
  let work = 'stopping after this token';
  const onSealing = () => (work = 'every token is done, sealing the trace');
  const onSignal = () => {
    if (interrupt.signal.aborted) process.exit(EXIT.interrupted); // asked twice: stop here, `seal` can finish
    process.stderr.write(`\n${work}; press Ctrl-C again to stop at once\n`);
    interrupt.abort();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  try {
    const { threads, kernel, logLevel } = flags;
    const how = { dir, threads, kernel, logLevel, signal: interrupt.signal };
    const { run } = await executeRun(resolved, { ...how, onStep: bar.onStep, onSealing });
    if (run.status === 'interrupted') process.exitCode = EXIT.interrupted;
  } finally {
    bar.stop();
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    process.stdin.destroy(); // an interrupted run may still be waiting for it
  }
  await show(dir, flags.json === true);
}

async function show(dir: string, json: boolean): Promise<void> {
  const summary = await summarise(dir);
  if (json) return void process.stdout.write(`${JSON.stringify(summary)}\n`);
  process.stdout.write(
    `${summaryTable(summary)}\n\nThe trace is in ${dir}: open ${dir}/steps.parquet in DuckDB or pandas ` +
      `(examples/analysis.sql and examples/analysis.py start from there), or see kronflow inspect ${dir}\n`,
  );
}
