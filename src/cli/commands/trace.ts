import { stat } from 'node:fs/promises';
import type { Command } from 'commander';
import { Failure } from '../../core/failure.js';
import { sealTrace } from '../../../data/sinks/seal.js';
import { summarise } from '../../../pipelines/summarise.js';
import { inspectRecording } from '../../../data/sources/inspect-recording.js';
import { recordingTable } from '../recording-table.js';
import { summaryTable } from '../summary-table.js';
import { screenOf, tracePlots } from '../plots/trace-plots.js';

/** `seal` and `inspect`: what is done with a trace afterwards. */
export function addTraceCommands(program: Command): void {
  program
    .command('seal')
    .description('finish the trace of a run that was killed: journal to Parquet')
    .argument('<dir>', 'folder of the trace')
    .option('--json', 'print the result as JSON')
    .action(seal);
  program
    .command('inspect')
    .description('show what each cache cost and how far it was from exact; of a recording, what is in it')
    .argument('<path>', 'folder of a sealed trace, or a file with a recording, requests or tokens')
    .option('--json', 'print the summary as JSON')
    .option('--plot', 'draw bytes, error and time in the terminal')
    .action(inspect);
}

async function seal(dir: string, { json }: { json?: true }): Promise<void> {
  const { run, cuts, already } = await sealTrace(dir);
  if (json) {
    const { status, counters, outputs } = run;
    return void process.stdout.write(
      `${JSON.stringify({ dir, already, status, counters, outputs, cuts })}\n`,
    );
  }
  const rows = Object.entries(run.counters.rows).map(([table, count]) => `${table} ${count}`);
  process.stdout.write(
    `${dir}: ${already ? 'was sealed before' : 'sealed'}, ${run.status}; rows: ${rows.join(', ')}\n`,
  );
  for (const cut of cuts) process.stderr.write(`left out: ${JSON.stringify(cut)}\n`);
}

async function inspect(dir: string, { json, plot }: { json?: true; plot?: true }): Promise<void> {
  if (json && plot)
    throw new Failure('bad-option', '--plot with --json: JSON has no drawings', 'give one of them');
  const isFile = await stat(dir).then(
    (status) => status.isFile(),
    () => false,
  );
  if (isFile) {
    if (plot)
      throw new Failure('bad-option', `--plot: ${dir} is a file, no trace`, 'plots are drawn of traces');
    const found = await inspectRecording(dir);
    return void process.stdout.write(
      json ? `${JSON.stringify(found)}\n` : `${recordingTable(found, process.stdout.columns)}\n`,
    );
  }
  const summary = await summarise(dir);
  process.stdout.write(
    json ? `${JSON.stringify(summary)}\n` : `${summaryTable(summary, process.stdout.columns)}\n`,
  );
  if (plot) process.stdout.write(`\n${await tracePlots(dir, screenOf(process.stdout))}`);
}
