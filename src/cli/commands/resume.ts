import { availableParallelism } from 'node:os';
import { Option, type Command } from 'commander';
import { logLevels } from '../../../data/log.js';
import { resumeRun, type ResumeStart } from '../../../pipelines/resume.js';
import { summarise } from '../../../pipelines/summarise.js';
import { progressBar, type ProgressBar } from '../progress.js';
import { positive, snapshotFlag, type RunFlags } from '../run-flags.js';
import { interruptible } from '../run-to-trace.js';
import { summaryTable } from '../summary-table.js';

type ResumeFlags = Pick<RunFlags, 'threads' | 'logLevel' | 'snapshotEvery' | 'json'>;

/** `resume`: go on with a run that was killed. */
export function addResumeCommand(program: Command): void {
  program
    .command('resume')
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

async function resume(dir: string, { json, ...flags }: ResumeFlags): Promise<void> {
  let bar: ProgressBar | null = null;
  const onStart = (start: ResumeStart) => {
    tell(dir, start);
    bar = progressBar(start.total);
  };
  await interruptible(async (interrupt) => {
    try {
      const resumed = await resumeRun({
        dir,
        ...flags,
        ...interrupt,
        onStart,
        onStep: (done) => bar?.onStep(done),
      });
      if (resumed.onlySealed) process.stderr.write(`${dir}: every step was done, nothing to resume\n`);
      return resumed;
    } finally {
      bar?.stop();
    }
  });
  const summary = await summarise(dir);
  process.stdout.write(json ? `${JSON.stringify(summary)}\n` : `${summaryTable(summary)}\n`);
}

/** Results go to stdout: this is for the person who waits. */
function tell(dir: string, { steps, damage }: ResumeStart): void {
  for (const cut of damage) process.stderr.write(`damaged, made again: ${JSON.stringify(cut)}\n`);
  process.stderr.write(`${dir}: going on after ${steps} steps\n`);
}
