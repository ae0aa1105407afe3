import { availableParallelism } from 'node:os';
import { Option, type Command } from 'commander';
import { logLevels } from '../../../data/log.js';
import { readRunFile } from '../../../data/sinks/trace-folder.js';
import { configSchema } from '../../../pipelines/config.js';
import { resumeRun, type ResumeStart } from '../../../pipelines/resume.js';
import { summarise } from '../../../pipelines/summarise.js';
import { positive } from '../flag-parsers.js';
import type { RunFlags } from '../run-flags.js';
import { snapshotFlag } from '../shared-flags.js';
import { interruptible } from '../run-to-trace.js';
import { summaryTable } from '../summary-table.js';
import { textStream } from '../text-stream.js';
import { addWatchFlags, type WatchFlags } from '../watch/watch-flags.js';
import { whileWatched, type Shown } from '../watch/watching.js';

type ResumeFlags = Pick<RunFlags, 'threads' | 'logLevel' | 'snapshotEvery' | 'json' | keyof WatchFlags>;

const UNKNOWN: Shown['config'] = { model: { d: 1, heads: 1, layers: 1, order: 'tensor' }, caches: [] };

/** `resume`: go on with a run that was killed. */
export function addResumeCommand(program: Command): void {
  addWatchFlags(program.command('resume'))
    .description(
      'go on with a run that was killed or failed, from its last snapshot; its trace is then that of a whole run',
    )
    .argument(
      '<dir>',
      'folder of the trace; run it where the run was started, for files are named as they were',
    )
    .addOption(
      new Option('--threads <n>', 'threads that compute attention, the main one included')
        .argParser(positive('--threads', 1024))
        .default(availableParallelism(), 'one per processor'),
    )
    .addOption(snapshotFlag())
    .addOption(
      new Option('--log-level <level>', 'detail of log.jsonl in the trace')
        .choices(logLevels)
        .default('info'),
    )
    .option('--json', 'print the summary as JSON')
    .action(resume);
}

async function resume(dir: string, { json, watch, watchPort, tui, ...flags }: ResumeFlags): Promise<void> {
  const { config } = await readRunFile(dir);
  const known = configSchema.safeParse(config);
  const shown = { dir, config: known.data ?? UNKNOWN }; // what is wrong with it, `resumeRun` says
  const isText = known.data?.generate !== undefined && !json;
  const out = textStream((text) => process.stdout.write(text));
  const onGenerated = (byte: number) => isText && out.push(byte); // all of it: a text is made again from its prompt
  await interruptible((interrupt) =>
    whileWatched({ watch, watchPort, tui }, shown, interrupt.onSealing, async ({ onStart, ...hooks }) => {
      const start = (found: ResumeStart) => {
        tell(dir, found);
        onStart(found.total, found.steps);
      };
      const resumed = await resumeRun({ dir, ...flags, ...interrupt, ...hooks, onStart: start, onGenerated });
      if (resumed.onlySealed) process.stderr.write(`${dir}: every step was done, nothing to resume\n`);
      return resumed;
    }),
  );
  const summary = await summarise(dir);
  if (isText) return void process.stderr.write(`\n${summaryTable(summary, process.stderr.columns)}\n`);
  process.stdout.write(
    json ? `${JSON.stringify(summary)}\n` : `${summaryTable(summary, process.stdout.columns)}\n`,
  );
}

/** Results go to stdout: this is for the person who waits. */
function tell(dir: string, { steps, damage }: ResumeStart): void {
  for (const cut of damage) process.stderr.write(`damaged, made again: ${JSON.stringify(cut)}\n`);
  process.stderr.write(`${dir}: going on after ${steps} steps\n`);
}
