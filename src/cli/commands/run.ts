import type { Command } from 'commander';
import { isPipeline } from '../../../pipelines/files/load.js';
import type { Override } from '../../../pipelines/files/overrides.js';
import { preparePipeline } from '../../../pipelines/files/prepare.js';
import { resolveRun, type RunRequest } from '../../../pipelines/resolve.js';
import { summarise } from '../../../pipelines/summarise.js';
import { asRecorded, type Said } from '../as-recorded.js';
import type { SelectionOptions } from '../../../data/sources/selection.js';
import { Failure } from '../../core/failure.js';
import { showDryRun } from '../dry-run.js';
import { addPipelineFlags, overridesOf, type PipelineFlags } from '../pipeline-flags.js';
import { reportAtEnd, withReportFlags, type ReportFlags } from '../report-at-end.js';
import { addReplayFlags, addRunFlags, requestOf, type RunFlags } from '../run-flags.js';
import { runPipeline } from '../run-pipeline.js';
import { runToTrace } from '../run-to-trace.js';
import { addSourceFlags } from '../source-flags.js';
import { summaryTable } from '../summary-table.js';
import { wrapText } from '../wrap-text.js';

/** `--layers` and `--heads` of a replay are lists. */
type ReplayFlags = Omit<RunFlags, 'layers' | 'heads'> & SelectionOptions & ReportFlags;

/** `run`, `record` and `replay`: three ways into the same flow. */
export function addRunCommands(program: Command): void {
  addPipelineFlags(withReportFlags(addRunFlags(addSourceFlags(program.command('run')))))
    .description(
      'decode a text, or run a pipeline file, through several caches side by side and leave a trace',
    )
    .argument(
      '[file]',
      'text file, - for standard input, a pipeline (FILE.yaml, FILE.json, preset:NAME), or the run.json of a trace ' +
        '(default: the guide that ships with kronflow)',
    )
    .action(run);
  withReportFlags(addRunFlags(addSourceFlags(program.command('record'))))
    .description('like run, and write q, k1, k2, v1, v2 of every token as a recording')
    .argument('[file]', 'text file, or - for standard input')
    .action((file: string | undefined, flags: RunFlags & ReportFlags) =>
      carryOut(requestOf(flags, file, true), flags),
    );
  withReportFlags(addReplayFlags(program.command('replay')))
    .description(
      'decode a recording: Parquet, Arrow, or the trace of `kronflow record`, which also says caches, prompt and seed',
    )
    .argument('<recording>', 'recording.parquet, an Arrow file, or a folder with a recording')
    .action(async (path: string, all: ReplayFlags, command: Command) => {
      const { from, to, streams, layers, heads, ...flags } = all;
      const request = requestOf(flags, { recording: path, from, to, streams, layers, heads }, false);
      const said: Said = (flag) => !['default', undefined].includes(command.getOptionValueSource(flag));
      await carryOut(await asRecorded(request, path, said), flags);
    });
}

type AllRunFlags = RunFlags & ReportFlags & PipelineFlags;

async function run(file: string | undefined, flags: AllRunFlags, command: Command): Promise<void> {
  if (file !== undefined && (await isPipeline(file)))
    return runFile(file, overridesOf(flags, command), flags);
  if (flags.set.length > 0) throw nothingToSet(flags.set[0]);
  const request = requestOf(flags, file, false);
  if (!flags.dryRun) return carryOut(request, flags);
  await showDryRun({ resolved: await resolveRun(request, process.stdin) }, flags.json === true);
}

async function runFile(path: string, overrides: readonly Override[], flags: AllRunFlags): Promise<void> {
  if (flags.dryRun) {
    const { set } = flags;
    const { pipeline, resolved } = await preparePipeline(path, { set, overrides, stdin: process.stdin });
    return showDryRun({ resolved, ...pipeline }, flags.json === true);
  }
  await runPipeline(path, overrides, flags, (dir, above) => {
    if (above.length > 0 && !flags.json) process.stdout.write(`${above.join('\n')}\n\n`);
    return showTrace(dir, flags);
  });
}

function nothingToSet(text: string): Failure {
  return new Failure(
    'bad-option',
    `--set ${text}: there is no pipeline file to set it in`,
    'name one, or use the flags of kronflow run --help',
  );
}

async function carryOut(request: RunRequest, flags: RunFlags & ReportFlags): Promise<void> {
  await showTrace(await runToTrace(request, flags), flags);
}

async function showTrace(dir: string, flags: RunFlags & ReportFlags): Promise<void> {
  await show(dir, flags.json === true);
  await reportAtEnd(dir, flags);
}

async function show(dir: string, json: boolean): Promise<void> {
  const summary = await summarise(dir);
  if (json) return void process.stdout.write(`${JSON.stringify(summary)}\n`);
  const { columns: width } = process.stdout; // undefined in a file
  const next =
    `The trace is in ${dir}: open ${dir}/steps.parquet in DuckDB or pandas ` +
    `(examples/analysis.sql and examples/analysis.py start from there), or see kronflow inspect ${dir}`;
  process.stdout.write(`${summaryTable(summary, width)}\n\n${wrapText(next, width ?? Infinity)}\n`);
}
